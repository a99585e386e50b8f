SELECT owner, dseq, gseq, state, created_at, spec
FROM groups_as_of(network = {network:String}, as_of = {as_of:UInt64})
