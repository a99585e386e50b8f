SELECT denom, amount
FROM supply_as_of(network = {network:String}, as_of = {as_of:UInt64})
