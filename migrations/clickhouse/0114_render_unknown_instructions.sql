-- Instructions of a token program with a tag that the decoder does not know, in transactions of the mint. `data` is hex.
CREATE TABLE IF NOT EXISTS render_unknown_instructions
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
    program        LowCardinality(String),
    tag            UInt8,
    accounts       Array(String) CODEC(ZSTD),
    data           String CODEC(ZSTD),
    evidence       LowCardinality(String),
    INDEX by_signature signature TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (network, slot, signature, outer, inner, batch, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW render_unknown_instructions_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'facts'
) AS segments
SELECT *, slot AS height
FROM render_unknown_instructions FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND slot BETWEEN s.3 AND s.4, segments)
