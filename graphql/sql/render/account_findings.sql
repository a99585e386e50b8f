-- Accounts whose balances do not go on from each other, whose changes do not sum up, or that a node answers otherwise.
SELECT
    a.account AS account,
    a.owner AS owner,
    toString(a.role) AS role_name,
    toNullable(toString(a.opening)) AS opening,
    toString(a.delta) AS delta,
    toNullable(toString(a.last)) AS last_balance,
    a.breaks AS breaks,
    a.first_break_slot AS first_break_slot,
    toNullable(toString(a.observed)) AS observed,
    a.observed_slot AS observed_slot,
    if(a.observations = 0, NULL, toNullable(toString(a.observation_drift))) AS observation_drift,
    a.sums_agree AS sums_agree
FROM render_account_audit_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS a
WHERE a.ok = 0
ORDER BY a.account
LIMIT {limit:UInt32}
