CREATE TABLE IF NOT EXISTS tx_fees
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
    payer       String,
    amount      UInt128
)
ENGINE = ReplacingMergeTree
ORDER BY (network, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
CREATE TABLE IF NOT EXISTS mint
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
    amount      UInt128,
    note        Nullable(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (network, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- What readers see of the fees: bounded by the live ranges and their generations.
CREATE OR REPLACE VIEW tx_fees_live AS
SELECT fees.*
FROM tx_fees AS fees FINAL
INNER JOIN live ON live.network = fees.network AND live.generation = fees.generation
WHERE live.stage = 'facts' AND fees.height BETWEEN live.from_height AND live.to_height
