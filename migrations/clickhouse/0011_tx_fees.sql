-- One row per transaction and coin of the fee that was taken, failed transactions included.
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
    hash        String,
    code        UInt32,
    codespace   LowCardinality(String),
    fee_payer   String,
    amount      UInt128,
    denom       LowCardinality(String),
    gas_wanted  UInt64,
    gas_used    UInt64,
    messages    UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY (network, height, tx_index, msg_index, event_index, denom, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW tx_fees_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'facts'
) AS segments
SELECT *
FROM tx_fees FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND height BETWEEN s.3 AND s.4, segments)
