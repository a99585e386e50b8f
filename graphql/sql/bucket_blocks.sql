-- How many blocks each bucket holds, and the heights of the first and the last.
WITH (ms -> if({month:UInt8} = 1,
        toInt64(toUnixTimestamp(toDateTime(toStartOfMonth(fromUnixTimestamp64Milli(ms, 'UTC')), 'UTC'))),
        {origin:Int64} + intDiv(intDiv(ms, 1000) - {origin:Int64}, {step:Int64}) * {step:Int64})) AS bucket_of
SELECT
    bucket_of(toUnixTimestamp64Milli(block_time)) AS bucket,
    count() AS blocks,
    min(height) AS first_height,
    max(height) AS last_height
FROM blocks_live
WHERE network = {network:String}
  AND height BETWEEN {low:UInt64} AND {high:UInt64}
  AND block_time >= fromUnixTimestamp64Milli({from:Int64} * 1000, 'UTC')
  AND block_time < fromUnixTimestamp64Milli({to:Int64} * 1000, 'UTC')
GROUP BY bucket
ORDER BY bucket
