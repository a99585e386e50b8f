-- The live segments of each stage of one network, oldest first.
SELECT
    toString(stage) AS stage,
    from_height,
    to_height,
    generation,
    toInt64(toUnixTimestamp(committed_at)) AS committed_at
FROM live
WHERE network = {network:String}
ORDER BY stage, from_height
