-- What instructions did to the token: `kind` is mint, burn, transfer, set_authority, close; or unexplained_delta, a difference
-- of balances that the instructions do not explain (`sign` -1: a loss). Amounts are base units. `epoch` is the one in which it
-- happened, `epoch_guess` the one that a payout pays for. An unexplained delta has the indexes -1, hence the accounts in the key.
CREATE TABLE IF NOT EXISTS render_token_events
(
    network        LowCardinality(String),
    chain_id       LowCardinality(String),
    slot           UInt64 CODEC(Delta, ZSTD),
    block_time     DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    signature      String CODEC(ZSTD),
    outer          Int32,
    inner          Int32,
    batch          Int32,
    generation     UInt32,
    row_hash       UInt64 CODEC(NONE),
    tx_index       Nullable(UInt32),
    height         UInt64 ALIAS slot,
    kind           LowCardinality(String),
    instruction    LowCardinality(String),
    program        LowCardinality(String),
    mint           LowCardinality(String),
    source_account String CODEC(ZSTD),
    source_owner   String CODEC(ZSTD),
    dest_account   String CODEC(ZSTD),
    dest_owner     String CODEC(ZSTD),
    authority      String CODEC(ZSTD),
    signers        Array(String) CODEC(ZSTD),
    amount         UInt64,
    sign           Int8,
    decimals       UInt8,
    authority_type LowCardinality(String),
    new_authority  String CODEC(ZSTD),
    via_cpi        UInt8,
    via_batch      UInt8,
    tx_version     Int8,
    memo           String CODEC(ZSTD),
    source_role    LowCardinality(String),
    dest_role      LowCardinality(String),
    class          LowCardinality(String),
    class_rule     LowCardinality(String),
    epoch          Nullable(UInt32),
    epoch_guess    Nullable(UInt32),
    epoch_guess_by LowCardinality(String),
    evidence       LowCardinality(String),
    INDEX by_signature signature TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_dest_owner dest_owner TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (network, slot, signature, outer, inner, batch, kind, source_account, dest_account, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW render_token_events_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'facts'
) AS segments
SELECT *, slot AS height
FROM render_token_events FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND slot BETWEEN s.3 AND s.4, segments)
