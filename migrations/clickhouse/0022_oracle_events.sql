-- `kind`: price, aggregated (`price` is the median), stale_warning, staled, recovered.
CREATE TABLE IF NOT EXISTS oracle_events
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
    kind        LowCardinality(String),
    version     UInt8,
    denom       LowCardinality(String),
    base_denom  LowCardinality(String),
    source      String,
    price       Nullable(Decimal(38, 18)),
    twap        Nullable(Decimal(38, 18)),
    price_time  Nullable(DateTime64(9, 'UTC')),
    at_height   Nullable(UInt64),
    fields      String
)
ENGINE = ReplacingMergeTree
ORDER BY (network, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW oracle_events_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'facts'
) AS segments
SELECT *
FROM oracle_events FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND height BETWEEN s.3 AND s.4, segments)
