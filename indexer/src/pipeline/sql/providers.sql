-- The providers of a network at a height, as its committed state has them.
SELECT owner, host_uri, created_at, attributes
FROM providers_as_of(network = {network:String}, as_of = {as_of:UInt64})
ORDER BY owner
