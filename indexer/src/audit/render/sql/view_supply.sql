-- Supply as readers see it, as text; no sum: `unknown`.
SELECT ifNull(toString(supply), 'unknown')
FROM render_supply_as_of(network = {network:String}, as_of = {as_of:UInt64})
