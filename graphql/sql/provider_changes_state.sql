-- Per bucket and provider: leases opened and closed, and whether the provider registered (+1) or left (-1).
-- All that happened before `from` falls into one bucket, `from - 1`.
-- A lease that is older than an answered state counts as opened before everything; one that was over by then, not at all.
WITH (ms -> greatest({from:Int64} - 1, if({month:UInt8} = 1,
        toInt64(toUnixTimestamp(toDateTime(toStartOfMonth(fromUnixTimestamp64Milli(ms, 'UTC')), 'UTC'))),
        {origin:Int64} + intDiv(intDiv(ms, 1000) - {origin:Int64}, {step:Int64}) * {step:Int64}))) AS bucket_of
SELECT
    bucket_of(at) AS bucket,
    provider,
    sum(lease_delta) AS leases,
    sum(registered_delta) AS registered
FROM (
    SELECT toUnixTimestamp64Milli(ifNull(created_time, toDateTime64(0, 3, 'UTC'))) AS at, provider, toInt64(1) AS lease_delta, toInt64(0) AS registered_delta
    FROM api_lease_spans(network = {network:String}, as_of = {as_of:UInt64})
    WHERE created_time IS NOT NULL OR closed_time IS NOT NULL OR NOT is_over
    UNION ALL
    SELECT toUnixTimestamp64Milli(assumeNotNull(closed_time)) AS at, provider, toInt64(-1) AS lease_delta, toInt64(0) AS registered_delta
    FROM api_lease_spans(network = {network:String}, as_of = {as_of:UInt64})
    WHERE closed_time IS NOT NULL
    UNION ALL
    SELECT toUnixTimestamp64Milli(at) AS at, owner AS provider, toInt64(0) AS lease_delta, delta AS registered_delta
    FROM api_provider_changes(network = {network:String}, as_of = {as_of:UInt64})
)
WHERE at < {to:Int64} * 1000
GROUP BY bucket, provider
ORDER BY bucket, provider
