-- unit: leases
-- definition: Leases whose state on the chain is active or reclaiming at the end of the block, by the GPU model that
--   was resolved for them (empty: no GPU). A lease whose money ran out counts until the chain notices.
-- evidence: derived
-- kinds: akash
-- dimensions: gpu_model
-- sample: leases
SELECT
    [gpu_model] AS dimensions,
    toString(count()) AS value,
    count() AS sample_size
FROM leases_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE state IN ('active', 'reclaiming')
GROUP BY gpu_model
ORDER BY gpu_model
