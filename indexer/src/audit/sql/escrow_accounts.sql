SELECT scope, xid, owner, state, settled_at, funds, transferred, deposits
FROM escrow_accounts_as_of(network = {network:String}, as_of = {as_of:UInt64})
