-- Leases opened and closed in each bucket, from the committed events alone (used where the state stage is missing).
WITH (ms -> greatest({from:Int64} - 1, if({month:UInt8} = 1,
        toInt64(toUnixTimestamp(toDateTime(toStartOfMonth(fromUnixTimestamp64Milli(ms, 'UTC')), 'UTC'))),
        {origin:Int64} + intDiv(intDiv(ms, 1000) - {origin:Int64}, {step:Int64}) * {step:Int64}))) AS bucket_of
SELECT
    bucket_of(toUnixTimestamp64Milli(block_time)) AS bucket,
    countIf(kind = 'created') AS opened,
    countIf(kind = 'closed') AS closed,
    toUInt64(0) AS gpus_opened,
    toUInt64(0) AS gpus_closed
FROM lease_events_live
WHERE network = {network:String}
  AND height BETWEEN {low:UInt64} AND {as_of:UInt64}
  AND kind IN ('created', 'closed')
  AND block_time < fromUnixTimestamp64Milli({to:Int64} * 1000, 'UTC')
GROUP BY bucket
ORDER BY bucket
