-- Balance changes that no decoded instruction explains, and the transactions that were looked at.
SELECT
    toUInt64(sum(t.unexplained)) AS unexplained,
    count() AS transactions,
    countIf(t.failed = 1) AS failed
FROM render_transactions_live AS t
WHERE t.network = {network:String} AND t.slot <= {as_of:UInt64}
