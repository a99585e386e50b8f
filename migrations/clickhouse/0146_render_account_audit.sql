-- The account audit: one row per account that is watched or that a node was asked about, over the run that holds `as_of`.
--   breaks: slots whose balances do not go on from those before: a trail that does not exist, or one that does not begin
--     where the one before ended. In a circle the balance before must be one of its values.
--   opening: where the first trail begins; delta: sum of all changes; last: where the last trail ends; sums_agree: opening +
--     delta = last.
--   observations, observation_breaks: balances that a node answered, and those of them that are not the last balance at or
--     before their slot. With no change at or before it, the opening is compared; an account without any change is not.
--   observed, observed_slot, observation_drift: the newest answer, and what it is above the rows.
CREATE OR REPLACE VIEW render_account_audit_as_of AS
WITH
trails AS
(
    SELECT
        account, slot, owner, watched, role, changes, delta, pres, unmatched, begins, ends,
        anyLast(ends) OVER (PARTITION BY account ORDER BY slot ASC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
        anyLast(ends) OVER (PARTITION BY account ORDER BY slot ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS after
    FROM render_account_slots_as_of(network = {network:String}, as_of = {as_of:UInt64})
    WHERE slot >= (SELECT max(from_slot) FROM render_run_as_of(network = {network:String}, as_of = {as_of:UInt64}))
),
accounts AS
(
    SELECT
        account,
        argMax(t.owner, t.slot) AS owner,
        max(t.watched) AS watched,
        argMax(t.role, t.slot) AS role,
        sum(t.changes) AS changes,
        min(t.slot) AS first_slot,
        max(t.slot) AS last_slot,
        coalesce(argMin(t.begins, t.slot), min(arrayMin(t.pres))) AS opening,
        sum(t.delta) AS delta,
        coalesce(argMax(t.ends, t.slot), min(arrayMin(t.pres))) AS last,
        countIf(NOT fits) AS breaks,
        minIf(toNullable(t.slot), NOT fits) AS first_break_slot
    FROM
    (
        SELECT
            *,
            unmatched <= 1 AND (isNull(before) OR if(isNull(begins), has(pres, assumeNotNull(before)), ifNull(begins = before, 0))) AS fits
        FROM trails
    ) AS t
    GROUP BY account
),
answers AS
(
    SELECT
        n.address AS account,
        count() AS observations,
        countIf(ifNull(toInt128(n.amount) != balance, 0)) AS observation_breaks,
        argMax(n.amount, n.slot) AS observed,
        max(n.slot) AS observed_slot,
        argMax(toInt128(n.amount) - balance, n.slot) AS observation_drift
    FROM
    (
        SELECT
            o.address AS address, o.slot AS slot, o.amount AS amount,
            if(t.found = 1, toNullable(toInt128(ifNull(t.after, a.opening))), if(a.found = 1, toNullable(toInt128(a.opening)), NULL)) AS balance
        FROM
        (
            SELECT address, slot, amount
            FROM render_observations_live
            WHERE network = {network:String} AND subject = 'balance'
              AND slot >= (SELECT max(from_slot) FROM render_run_as_of(network = {network:String}, as_of = {as_of:UInt64}))
              AND slot <= (SELECT max(to_slot) FROM render_run_as_of(network = {network:String}, as_of = {as_of:UInt64}))
        ) AS o
        ASOF LEFT JOIN (SELECT account, slot, after, 1 AS found FROM trails) AS t ON t.account = o.address AND o.slot >= t.slot
        LEFT JOIN (SELECT account, opening, 1 AS found FROM accounts) AS a ON a.account = o.address
    ) AS n
    GROUP BY account
)
SELECT
    if(a.account = '', n.account, a.account) AS account,
    a.owner AS owner,
    a.watched AS watched,
    a.role AS role,
    a.changes AS changes,
    a.first_slot AS first_slot,
    a.last_slot AS last_slot,
    if(a.changes = 0, NULL, toNullable(a.opening)) AS opening,
    a.delta AS delta,
    if(a.changes = 0, NULL, toNullable(a.last)) AS last,
    toUInt8(toInt128(a.opening) + a.delta = toInt128(a.last)) AS sums_agree,
    a.breaks AS breaks,
    a.first_break_slot AS first_break_slot,
    n.observations AS observations,
    n.observation_breaks AS observation_breaks,
    if(n.observations = 0, NULL, toNullable(n.observed)) AS observed,
    if(n.observations = 0, NULL, toNullable(n.observed_slot)) AS observed_slot,
    n.observation_drift AS observation_drift,
    toUInt8(a.breaks = 0 AND sums_agree AND n.observation_breaks = 0) AS ok
FROM accounts AS a
FULL JOIN answers AS n ON n.account = a.account
WHERE a.watched = 1 OR n.observations > 0
ORDER BY account
