-- What the balances of an account say, slot by slot. The order of transactions in a slot is not known (the RPC does not tell
-- it), but each takes the balance from `pre` to `post`, so together they are a trail through the values. A trail exists
-- only if each value is reached as often as it is left, but for the first value (left once more) and the last (reached once
-- more): `unmatched` counts the values left too often and is at most 1. That is not the whole condition (a trail must hang
-- together, too), but what it lets pass are closed circles apart from the rest, which change no balance and no sum.
-- `begins` and `ends` are the two ends; null where the trail is a circle, which leaves the balance as it was.
CREATE OR REPLACE VIEW render_account_slots_as_of AS
SELECT
    account, slot, owner, watched, role, changes, delta, pres, posts,
    arraySum(v -> greatest(toInt64(countEqual(pres, v)) - toInt64(countEqual(posts, v)), 0), arrayDistinct(pres)) AS unmatched,
    if(unmatched = 1, toNullable(arrayFirst(v -> countEqual(pres, v) > countEqual(posts, v), pres)), NULL) AS begins,
    if(unmatched = 1, toNullable(arrayFirst(v -> countEqual(posts, v) > countEqual(pres, v), posts)), NULL) AS ends
FROM
(
    SELECT
        c.account AS account,
        c.slot AS slot,
        argMax(c.owner, (ifNull(c.tx_index, 0), c.closed = 0, c.signature)) AS owner,
        max(c.watched) AS watched,
        max(c.role) AS role,
        count() AS changes,
        sum(toInt128(c.post) - toInt128(c.pre)) AS delta,
        groupArray(c.pre) AS pres,
        groupArray(c.post) AS posts
    FROM render_balance_changes_live AS c
    WHERE c.network = {network:String} AND c.slot <= {as_of:UInt64}
    GROUP BY account, slot
)

-- @stmt
-- The balance of each account at `as_of` as the last transaction that lists it says. An account that only went in circles
-- has the lowest value of its circle: an account that is opened and closed in one slot has none left.
CREATE OR REPLACE VIEW render_balances_as_of AS
SELECT
    account,
    argMax(s.owner, s.slot) AS owner,
    coalesce(argMax(s.ends, s.slot), min(arrayMin(s.pres))) AS balance,
    max(s.slot) AS last_slot,
    sum(s.changes) AS changes,
    max(s.watched) AS watched,
    argMax(s.role, s.slot) AS role,
    'onchain' AS evidence
FROM render_account_slots_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS s
GROUP BY account
ORDER BY account
