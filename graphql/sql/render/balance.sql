-- The balance of one token account: what the newest transaction that listed it left.
SELECT
    b.account AS account,
    b.owner AS owner,
    toString(b.amount) AS amount,
    b.closed AS closed,
    b.changes AS changes,
    b.slot AS last_slot,
    toUnixTimestamp64Milli(b.block_time) AS last_ms,
    toString(b.role) AS role_name,
    'onchain' AS evidence_word
FROM render_balances_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS b
WHERE b.account = {account:String}
LIMIT 1
