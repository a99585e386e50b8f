-- unit: leases
-- definition: Leases that run on the chain (active or reclaiming) although the money of their deployment's escrow account is
--   used up: nobody has told the chain yet. active_leases less funded_active_leases.
-- evidence: derived
-- kinds: akash
-- dimensions: none
-- sample: leases
SELECT
    CAST([], 'Array(String)') AS dimensions,
    toString(countIf(funded = 0)) AS value,
    count() AS sample_size
FROM lease_funding_as_of(network = {network:String}, as_of = {as_of:UInt64})
