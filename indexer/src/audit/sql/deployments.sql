SELECT owner, dseq, state, hash, created_at, reclamation_min_window_s
FROM deployments_as_of(network = {network:String}, as_of = {as_of:UInt64})
