-- The balance of one token account: what the newest transaction that listed it left.
SELECT
    b.account AS account,
    b.owner AS owner,
    toString(b.balance) AS amount,
    b.changes AS changes,
    b.last_slot AS last_slot,
    toString(b.role) AS role_name,
    b.evidence AS evidence_word
FROM render_balances_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS b
WHERE b.account = {account:String}
LIMIT 1
