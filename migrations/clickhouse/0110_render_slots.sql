-- One row per slot that has rows, and one at the end of every range even where nothing happened. `rows`, `rows_xor` and
-- `rows_sum` are count and hashes of all other fact rows of the slot. At the end of a range `window_from` says where it began
-- and `accounts` what was asked for, so that an empty range is evidence, too. `signature` is empty, the indexes are -1.
CREATE TABLE IF NOT EXISTS render_slots
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
    transactions   UInt32,
    failed         UInt32,
    rows           UInt64,
    rows_xor       UInt64 CODEC(NONE),
    rows_sum       UInt64 CODEC(NONE),
    window_from    Nullable(UInt64),
    accounts       Array(String) CODEC(ZSTD),
    evidence       LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (network, slot, signature, outer, inner, batch, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW render_slots_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'facts'
) AS segments
SELECT *, slot AS height
FROM render_slots FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND slot BETWEEN s.3 AND s.4, segments)
