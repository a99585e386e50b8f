-- `kind`: created, closed. Lost bids have no event in any version.
CREATE TABLE IF NOT EXISTS bid_events
(
    network              LowCardinality(String),
    chain_id             LowCardinality(String),
    height               UInt64,
    block_time           DateTime64(3, 'UTC'),
    tx_index             Int32,
    msg_index            Int32,
    event_index          Int32,
    generation           UInt32,
    row_hash             UInt64,
    kind                 LowCardinality(String),
    owner                String,
    dseq                 UInt64,
    gseq                 UInt32,
    oseq                 UInt32,
    provider             String,
    bseq                 UInt32,
    price                Decimal(38, 18),
    denom                LowCardinality(String),
    deposit              UInt128,
    deposit_denom        LowCardinality(String),
    resources_offer      String,
    gpu_units            UInt64,
    gpu_model            LowCardinality(String),
    reclamation_window_s Nullable(UInt64)
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, dseq, gseq, oseq, provider, bseq, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW bid_events_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'facts'
) AS segments
SELECT *
FROM bid_events FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND height BETWEEN s.3 AND s.4, segments)
