-- unit: leases
-- definition: Leases that run on the chain (active or reclaiming) and whose deployment's escrow account still covers them: a
--   settlement at this block would not find it overdrawn. By the GPU model that was resolved for them (empty: no GPU). By the
--   chain's own rules for the version in force; the Akash Console's definition may end a lease a block earlier.
-- evidence: derived
-- kinds: akash
-- dimensions: gpu_model
-- sample: leases
SELECT
    [toString(gpu_model)] AS dimensions,
    toString(count()) AS value,
    count() AS sample_size
FROM lease_funding_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE funded = 1
GROUP BY gpu_model
ORDER BY gpu_model
