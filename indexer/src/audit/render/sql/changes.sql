-- Every change of a balance, in the order in which the slots came; the RPC does not tell the order within a slot.
SELECT slot, signature, account, owner, pre, post, watched
FROM render_balance_changes_live
WHERE network = {network:String} AND slot BETWEEN {from:UInt64} AND {to:UInt64}
ORDER BY slot, signature, account
