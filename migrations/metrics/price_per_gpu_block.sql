-- unit: base units per GPU and block
-- definition: Median price of one GPU for one block, over the active and reclaiming leases that have GPUs: the price of the lease
--   divided by its GPUs (so it includes the CPU, memory and storage that come with them), cut at 18 places. Of an even
--   number of leases the upper middle one.
-- evidence: derived
-- kinds: akash
-- dimensions: gpu_model, denom
-- sample: leases
SELECT
    [gpu_model, toString(denom)] AS dimensions,
    toString(quantileExactHigh(0.5)(price / gpu_units)) AS value,
    count() AS sample_size
FROM leases_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE state IN ('active', 'reclaiming') AND gpu_units > 0
GROUP BY gpu_model, denom
ORDER BY gpu_model, denom
