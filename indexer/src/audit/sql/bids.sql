SELECT owner, dseq, gseq, oseq, provider, bseq, state, price, denom, created_at, resources_offer, reclamation_window_s
FROM bids_as_of(network = {network:String}, as_of = {as_of:UInt64})
