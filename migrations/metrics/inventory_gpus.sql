-- unit: GPUs
-- definition: GPU cards in the inventories of providers that are online, by model, as they say themselves. A provider whose
--   status does not name cards is left out.
-- evidence: offchain_reported
-- kinds: akash
-- dimensions: vendor, model
-- sample: providers
SELECT
    [toString(vendor), toString(model)] AS dimensions,
    toString(sum(assumeNotNull(inventory))) AS value,
    uniqExact(owner) AS sample_size
FROM provider_gpus_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE inventory > 0 AND owner IN
(
    SELECT owner
    FROM provider_checks_as_of(network = {network:String}, as_of = {as_of:UInt64})
    WHERE online = 1 AND fresh
)
GROUP BY vendor, model
ORDER BY vendor, model
