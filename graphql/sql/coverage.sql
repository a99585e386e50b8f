-- The live segments of each stage of one network, oldest first, and when the stage last committed (seconds).
SELECT
    toString(r.stage) AS stage,
    r.from_height AS from_height,
    r.to_height AS to_height,
    r.generation AS generation,
    toInt64(toUnixTimestamp(c.committed_at)) AS committed_at
FROM live AS r
INNER JOIN (
    SELECT stage, max(committed_at) AS committed_at
    FROM live_ranges
    WHERE network = {network:String}
    GROUP BY stage
) AS c ON c.stage = r.stage
WHERE r.network = {network:String} AND r.from_height <= r.to_height
ORDER BY stage, from_height
