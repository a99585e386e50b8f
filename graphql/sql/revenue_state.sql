-- Payouts per bucket and denomination, from the settlements that the state stage computed.
WITH (ms -> greatest({from:Int64} - 1, if({month:UInt8} = 1,
        toInt64(toUnixTimestamp(toDateTime(toStartOfMonth(fromUnixTimestamp64Milli(ms, 'UTC')), 'UTC'))),
        {origin:Int64} + intDiv(intDiv(ms, 1000) - {origin:Int64}, {step:Int64}) * {step:Int64}))) AS bucket_of
SELECT
    bucket_of(toUnixTimestamp64Milli(block_time)) AS bucket,
    toString(denom) AS denom,
    toString(sum(toUInt256(gross))) AS gross,
    toString(sum(toUInt256(take_fee))) AS take_fee,
    toString(sum(toUInt256(net))) AS net,
    count() AS payouts
FROM api_lease_payouts
WHERE network = {network:String}
  AND height BETWEEN {low:UInt64} AND {as_of:UInt64}
  AND block_time >= fromUnixTimestamp64Milli({from:Int64} * 1000, 'UTC')
  AND block_time < fromUnixTimestamp64Milli({to:Int64} * 1000, 'UTC')
GROUP BY bucket, denom
ORDER BY bucket, denom
