-- One row per transaction and token account of the mint whose balance is listed: before and after, in base units. `owner` is
-- the owner after; before, where the account is gone. `watched` and `role` say what the account counts as in this slot.
CREATE TABLE IF NOT EXISTS render_balance_changes
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
    account        String CODEC(ZSTD),
    owner          String CODEC(ZSTD),
    owner_before   String CODEC(ZSTD),
    pre            UInt64,
    post           UInt64,
    created        UInt8,
    closed         UInt8,
    watched        UInt8,
    role           LowCardinality(String),
    evidence       LowCardinality(String),
    INDEX by_signature signature TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_account account TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (network, slot, signature, outer, inner, batch, account, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW render_balance_changes_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'facts'
) AS segments
SELECT *, slot AS height
FROM render_balance_changes FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND slot BETWEEN s.3 AND s.4, segments)
