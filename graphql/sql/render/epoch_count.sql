SELECT count() AS total FROM render_epochs_as_of(network = {network:String}, as_of = {as_of:UInt64})
