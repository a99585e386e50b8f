SELECT count() AS total
FROM render_settlements_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS s
