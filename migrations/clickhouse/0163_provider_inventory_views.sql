-- The newest check of each provider at `as_of` (a height). `fresh` is 0 where it is older than twenty minutes, by the newest
-- check of all: then nothing is known about the provider now.
CREATE OR REPLACE VIEW provider_checks_as_of AS
WITH
(
    SELECT max(observed_at)
    FROM provider_checks_live
    WHERE network = {network:String} AND height <= {as_of:UInt64}
) AS newest
SELECT
    network, sequence, observed_at, height, owner, host_uri, via, online, outcome, reason, latency_ms, version,
    toUInt8(ifNull(observed_at >= newest - INTERVAL 1200 SECOND, 0)) AS fresh
FROM provider_checks_live
WHERE network = {network:String} AND height <= {as_of:UInt64}
ORDER BY sequence DESC, item DESC
LIMIT 1 BY owner

-- @stmt
-- What each provider said last at `as_of`, whether it answers now or not.
CREATE OR REPLACE VIEW provider_snapshots_as_of AS
SELECT *
FROM provider_snapshots_live
WHERE network = {network:String} AND height <= {as_of:UInt64}
ORDER BY sequence DESC, item DESC
LIMIT 1 BY owner

-- @stmt
-- The GPUs of that snapshot.
CREATE OR REPLACE VIEW provider_gpus_as_of AS
SELECT g.*
FROM provider_gpus_live AS g
WHERE g.network = {network:String} AND g.height <= {as_of:UInt64}
  AND (g.owner, g.sequence, g.observed_at) IN
  (
      SELECT owner, sequence, observed_at
      FROM provider_snapshots_as_of(network = {network:String}, as_of = {as_of:UInt64})
  )

-- @stmt
-- How long each provider was online over the `days` before `until`, in milliseconds. `until` is the newest of: the last
-- check of any provider and the last block, at `as_of`. What a check found holds until the next check of that provider, at
-- most twenty minutes; all other time is unknown, and neither up nor down. A shadowed provider was not asked: unknown.
-- `checks` are those that count. A provider without a check in the window has no row.
CREATE OR REPLACE VIEW provider_uptime AS
WITH
    assumeNotNull(greatest(
        (
            SELECT max(observed_at)
            FROM provider_checks_live
            WHERE network = {network:String} AND height <= {as_of:UInt64}
        ),
        (
            SELECT max(block_time)
            FROM blocks_live
            WHERE network = {network:String} AND height <= {as_of:UInt64}
        )
    )) AS until_at,
    toUnixTimestamp64Milli(until_at) AS until_ms,
    until_ms - toInt64({days:UInt32}) * 86400000 AS from_ms
SELECT
    owner,
    until_at AS until,
    toUInt64(sumIf(held, asked AND online = 1)) AS up_ms,
    toUInt64(sumIf(held, asked AND online = 0)) AS down_ms,
    toUInt64({days:UInt32}) * 86400000 - up_ms - down_ms AS unknown_ms,
    countIf(asked AND held > 0) AS checks
FROM
(
    SELECT
        owner,
        online,
        outcome != 'shadowed' AS asked,
        toUnixTimestamp64Milli(observed_at) AS at_ms,
        leadInFrame(at_ms, 1, until_ms)
            OVER (PARTITION BY owner ORDER BY sequence, item ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next_ms,
        greatest(0, least(next_ms, at_ms + 1200000, until_ms) - greatest(at_ms, from_ms)) AS held
    FROM provider_checks_live
    WHERE network = {network:String} AND height <= {as_of:UInt64}
      AND toUnixTimestamp64Milli(observed_at) >= from_ms - 1200000
)
GROUP BY owner
HAVING checks > 0
