-- The burn-mint ledger. `kind`: pending (from a message's answer), executed, canceled, status_changed, vault_funded.
CREATE TABLE IF NOT EXISTS bme_events
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
    denom                LowCardinality(String),
    to_denom             LowCardinality(String),
    source               String,
    record_height        UInt64,
    sequence             UInt64,
    to_address           String,
    burned               Nullable(UInt128),
    burned_denom         LowCardinality(String),
    minted               Nullable(UInt128),
    minted_denom         LowCardinality(String),
    spread               Nullable(UInt128),
    spread_denom         LowCardinality(String),
    credit_issued        Nullable(UInt128),
    credit_issued_denom  LowCardinality(String),
    credit_accrued       Nullable(UInt128),
    credit_accrued_denom LowCardinality(String),
    reason               LowCardinality(String),
    collateral_ratio     Nullable(Decimal(38, 18)),
    fields               String
)
ENGINE = ReplacingMergeTree
ORDER BY (network, denom, to_denom, source, record_height, sequence, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW bme_events_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'facts'
) AS segments
SELECT *
FROM bme_events FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND height BETWEEN s.3 AND s.4, segments)
