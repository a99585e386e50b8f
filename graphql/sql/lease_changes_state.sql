-- Leases opened and closed in each bucket, from the state stage. All that happened before `from` falls into one bucket, `from - 1`.
-- A lease that is older than an answered state counts as opened before everything; one that was over by then, not at all.
WITH (ms -> greatest({from:Int64} - 1, if({month:UInt8} = 1,
        toInt64(toUnixTimestamp(toDateTime(toStartOfMonth(fromUnixTimestamp64Milli(ms, 'UTC')), 'UTC'))),
        {origin:Int64} + intDiv(intDiv(ms, 1000) - {origin:Int64}, {step:Int64}) * {step:Int64}))) AS bucket_of
SELECT
    bucket_of(at) AS bucket,
    sum(is_open) AS opened,
    sum(is_close) AS closed,
    sumIf(gpus, is_open = 1) AS gpus_opened,
    sumIf(gpus, is_close = 1) AS gpus_closed
FROM (
    SELECT toUnixTimestamp64Milli(ifNull(created_time, toDateTime64(0, 3, 'UTC'))) AS at, 1 AS is_open, 0 AS is_close, gpu_units AS gpus
    FROM api_lease_spans(network = {network:String}, as_of = {as_of:UInt64})
    WHERE created_time IS NOT NULL OR closed_time IS NOT NULL OR NOT is_over
    UNION ALL
    SELECT toUnixTimestamp64Milli(assumeNotNull(closed_time)) AS at, 0 AS is_open, 1 AS is_close, gpu_units AS gpus
    FROM api_lease_spans(network = {network:String}, as_of = {as_of:UInt64})
    WHERE closed_time IS NOT NULL
)
WHERE at < {to:Int64} * 1000
GROUP BY bucket
ORDER BY bucket
