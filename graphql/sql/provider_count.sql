SELECT count() AS total FROM providers_as_of(network = {network:String}, as_of = {as_of:UInt64})
