SELECT account_xid, xid, owner, state, denom, rate, balance, unsettled, withdrawn, withdrawn_denom
FROM escrow_payments_as_of(network = {network:String}, as_of = {as_of:UInt64})
