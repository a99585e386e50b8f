-- Where each epoch begins and ends, as whole lists. `ends_at` is not part of the epoch, `to_slot` is. `basis` is reported
-- (somebody's published boundary), formula (a week each) or recording. Slots are null where only times are known.
CREATE TABLE IF NOT EXISTS render_epoch_boundaries
(
    network   LowCardinality(String),
    version   UInt64,
    digest    UInt64,
    epoch     UInt32,
    starts_at DateTime64(3, 'UTC'),
    ends_at   DateTime64(3, 'UTC'),
    from_slot Nullable(UInt64),
    to_slot   Nullable(UInt64),
    basis     LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (network, version, digest, epoch)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- The newest list of each network.
CREATE OR REPLACE VIEW render_epoch_boundaries_newest AS
SELECT *
FROM render_epoch_boundaries FINAL
WHERE (network, (version, digest)) IN
(
    SELECT network, max((version, digest))
    FROM render_epoch_boundaries
    GROUP BY network
)
