-- `kind`: created, closed.
CREATE TABLE IF NOT EXISTS order_events
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
    owner       String,
    dseq        UInt64,
    gseq        UInt32,
    oseq        UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, dseq, gseq, oseq, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW order_events_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'facts'
) AS segments
SELECT *
FROM order_events FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND height BETWEEN s.3 AND s.4, segments)
