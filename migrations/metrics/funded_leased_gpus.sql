-- unit: GPUs
-- definition: GPUs of all leases that run on the chain (active or reclaiming) and whose deployment's escrow account still
--   covers them, by model and how the model was resolved (the winning bid's offer, the tenant's request, the provider's
--   attributes, or unknown).
-- evidence: derived
-- kinds: akash
-- dimensions: gpu_model, resolved_by
-- sample: leases
SELECT
    [toString(gpu_model), toString(gpu_resolved_by)] AS dimensions,
    toString(sum(gpu_units)) AS value,
    count() AS sample_size
FROM lease_funding_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE funded = 1 AND gpu_units > 0
GROUP BY gpu_model, gpu_resolved_by
ORDER BY gpu_model, gpu_resolved_by
