-- unit: providers
-- definition: Providers that hold at least one lease whose state is active or reclaiming at the end of the block. Whether
--   their machines answer is not part of it.
-- evidence: onchain
-- kinds: akash
-- dimensions: none
-- sample: leases
SELECT
    CAST([], 'Array(String)') AS dimensions,
    toString(uniqExact(provider)) AS value,
    count() AS sample_size
FROM leases_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE state IN ('active', 'reclaiming')
