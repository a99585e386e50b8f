-- Inflation of each block.
CREATE TABLE IF NOT EXISTS mint
(
    network           LowCardinality(String),
    chain_id          LowCardinality(String),
    height            UInt64,
    block_time        DateTime64(3, 'UTC'),
    tx_index          Int32,
    msg_index         Int32,
    event_index       Int32,
    generation        UInt32,
    row_hash          UInt64,
    bonded_ratio      Decimal(38, 18),
    inflation         Decimal(38, 18),
    annual_provisions Decimal(38, 18),
    amount            UInt128,
    denom             LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (network, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW mint_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'facts'
) AS segments
SELECT *
FROM mint FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND height BETWEEN s.3 AND s.4, segments)
