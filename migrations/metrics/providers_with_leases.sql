-- unit: providers
-- definition: Providers that hold at least one active lease at the end of the block.
-- dimensions: none
-- sample: leases
SELECT
    CAST([], 'Array(String)') AS dimensions,
    toString(uniqExact(provider)) AS value,
    count() AS sample_size
FROM leases_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE state IN ('active', 'reclaiming')
