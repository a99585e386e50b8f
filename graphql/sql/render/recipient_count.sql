SELECT count() AS total FROM render_providers_as_of(network = {network:String}, as_of = {as_of:UInt64})
