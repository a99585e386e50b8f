-- The networks that this database holds, mirrored from the state database. `instance` names that state database:
-- rows and cursor of a network belong together and are refused apart.
CREATE TABLE IF NOT EXISTS networks
(
    network      LowCardinality(String),
    chain_id     String,
    kind         LowCardinality(String),
    first_height UInt64,
    note         String,
    instance     String,
    mirrored_at  DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(mirrored_at)
ORDER BY network
SETTINGS non_replicated_deduplication_window = 10000
