-- One row per height. `rows`, `rows_xor` and `rows_sum` are count and hashes of all other fact rows of the height.
CREATE TABLE IF NOT EXISTS blocks
(
    network     LowCardinality(String),
    chain_id    LowCardinality(String),
    height      UInt64,
    block_time  DateTime64(3, 'UTC'),
    tx_index    Int32,
    msg_index   Int32,
    event_index Int32,
    generation  UInt32,
    row_hash    UInt64,
    hash        String,
    parent_hash String,
    proposer    LowCardinality(String),
    num_txs     UInt32,
    failed_txs  UInt32,
    gas_used    UInt64,
    rows        UInt64,
    rows_xor    UInt64,
    rows_sum    UInt64
)
ENGINE = ReplacingMergeTree
ORDER BY (network, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW blocks_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'facts'
) AS segments
SELECT *
FROM blocks FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND height BETWEEN s.3 AND s.4, segments)
