SELECT owner, dseq, gseq, oseq, state, created_at, spec
FROM orders_as_of(network = {network:String}, as_of = {as_of:UInt64})
