-- Balances as readers see them.
SELECT account, toUInt64(ifNull(balance, 0)) AS balance
FROM render_balances_as_of(network = {network:String}, as_of = {as_of:UInt64})
