-- What providers say they have, only where something changed: sums over all nodes of a provider.
CREATE TABLE IF NOT EXISTS provider_snapshots
(
    network        LowCardinality(String),
    chain_id       LowCardinality(String),
    sequence       UInt64 CODEC(Delta, ZSTD),
    observed_at    DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    item           UInt32,
    height         UInt64 CODEC(Delta, ZSTD),
    generation     UInt32,
    row_hash       UInt64 CODEC(NONE),
    owner          String CODEC(ZSTD),
    host_uri       String CODEC(ZSTD),
    via            LowCardinality(String),
    leases         UInt32,
    nodes          UInt32,
    cpu_milli_allocatable UInt64,
    cpu_milli_available UInt64,
    memory_bytes_allocatable UInt64,
    memory_bytes_available UInt64,
    storage_bytes_allocatable UInt64,
    storage_bytes_available UInt64,
    gpu_allocatable UInt32,
    gpu_available  UInt32,
    gpu_pending    UInt32,
    orders         UInt32,
    reclamation_window_s Nullable(UInt64),
    public_hostname String CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, sequence, item, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW provider_snapshots_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'inventory'
) AS segments
SELECT *
FROM provider_snapshots FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND sequence BETWEEN s.3 AND s.4, segments)
