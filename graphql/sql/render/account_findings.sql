SELECT
    a.account AS account,
    a.owner AS owner,
    toString(a.expected) AS expected,
    toString(a.observed) AS observed,
    toString(a.difference) AS difference,
    a.slot AS slot,
    '' AS reason
FROM render_account_audit_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS a
WHERE a.difference != 0
ORDER BY a.account
LIMIT {limit:UInt32}
