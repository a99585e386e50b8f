-- Payouts per bucket and denomination, from the transfers out of the escrow account (used where the state stage is missing).
WITH (ms -> greatest({from:Int64} - 1, if({month:UInt8} = 1,
        toInt64(toUnixTimestamp(toDateTime(toStartOfMonth(fromUnixTimestamp64Milli(ms, 'UTC')), 'UTC'))),
        {origin:Int64} + intDiv(intDiv(ms, 1000) - {origin:Int64}, {step:Int64}) * {step:Int64}))) AS bucket_of
SELECT
    bucket_of(toUnixTimestamp64Milli(block_time)) AS bucket,
    toString(denom) AS denom,
    toString(sum(toUInt256(amount))) AS gross,
    toString(sumIf(toUInt256(amount), class = 'take_fee')) AS take_fee,
    toString(sumIf(toUInt256(amount), class = 'lease_payout')) AS net,
    countIf(class = 'lease_payout') AS payouts
FROM escrow_transfers_live
WHERE network = {network:String}
  AND height BETWEEN {low:UInt64} AND {as_of:UInt64}
  AND class IN ('lease_payout', 'take_fee')
  AND block_time >= fromUnixTimestamp64Milli({from:Int64} * 1000, 'UTC')
  AND block_time < fromUnixTimestamp64Milli({to:Int64} * 1000, 'UTC')
GROUP BY bucket, denom
ORDER BY bucket, denom
