-- What nodes answered about the present: `subject` is supply (of the mint `address`) or balance (of the token account
-- `address`), as of `slot`; or opening_supply, what was there before the first slot of a network that begins later than its
-- mint. `signature` holds the address, the indexes are -1. Stage `observations`.
CREATE TABLE IF NOT EXISTS render_observations
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
    subject        LowCardinality(String),
    address        String CODEC(ZSTD),
    owner          String CODEC(ZSTD),
    amount         UInt64,
    endpoint       LowCardinality(String),
    evidence       LowCardinality(String),
    INDEX by_signature signature TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (network, slot, signature, outer, inner, batch, subject, endpoint, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW render_observations_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'observations'
) AS segments
SELECT *, slot AS height
FROM render_observations FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND slot BETWEEN s.3 AND s.4, segments)
