-- What the Akash Console counts as spent, per bucket and denomination: the sum at the bucket's last block less that at the block
-- before its first. Denominations that had no row yet count 0.
WITH (ms -> if({month:UInt8} = 1,
        toInt64(toUnixTimestamp(toDateTime(toStartOfMonth(fromUnixTimestamp64Milli(ms, 'UTC')), 'UTC'))),
        {origin:Int64} + intDiv(intDiv(ms, 1000) - {origin:Int64}, {step:Int64}) * {step:Int64})) AS bucket_of
SELECT
    bucket,
    denom,
    toString(sumIf(total, is_end = 1) - sumIf(total, is_end = 0)) AS spent,
    toString(sumIf(total, is_end = 1)) AS spent_total,
    toString(sumIf(rate, is_end = 1)) AS rate,
    sumIf(active_leases, is_end = 1) AS active_leases,
    max(since) AS since
FROM
(
    SELECT
        e.bucket AS bucket,
        e.is_end AS is_end,
        toString(e.denom) AS denom,
        toDecimal256(s.spent, 18) + toDecimal256(s.rate, 18) * (e.at_height - s.height) AS total,
        s.rate AS rate,
        s.active_leases AS active_leases,
        s.since AS since
    FROM
    (
        SELECT b.bucket AS bucket, b.edge.1 AS is_end, b.edge.2 AS at_height, k.denom AS denom
        FROM
        (
            SELECT
                bucket_of(toUnixTimestamp64Milli(block_time)) AS bucket,
                arrayJoin([(toUInt8(0), toUInt64(min(height) - 1)), (toUInt8(1), max(height))]) AS edge
            FROM blocks_live
            WHERE network = {network:String}
              AND height BETWEEN {low:UInt64} AND {as_of:UInt64}
              AND block_time >= fromUnixTimestamp64Milli({from:Int64} * 1000, 'UTC')
              AND block_time < fromUnixTimestamp64Milli({to:Int64} * 1000, 'UTC')
            GROUP BY bucket
        ) AS b
        CROSS JOIN (SELECT DISTINCT denom FROM accrued_spend_rows(network = {network:String}, as_of = {as_of:UInt64})) AS k
    ) AS e
    ASOF LEFT JOIN accrued_spend_rows(network = {network:String}, as_of = {as_of:UInt64}) AS s
        ON e.denom = s.denom AND e.at_height >= s.height
)
GROUP BY bucket, denom
ORDER BY bucket, denom
