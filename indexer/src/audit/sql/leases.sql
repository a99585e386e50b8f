SELECT owner, dseq, gseq, oseq, provider, bseq, state, price, denom, created_at, closed_on, reason_in_state, reclamation
FROM leases_as_of(network = {network:String}, as_of = {as_of:UInt64})
