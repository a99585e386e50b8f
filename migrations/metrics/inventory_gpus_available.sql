-- unit: GPUs
-- definition: GPU cards that providers that are online say are free, by model. Where a machine has several models and only some
--   cards are free, it does not say which; its models of that provider are left out.
-- evidence: offchain_reported
-- kinds: akash
-- dimensions: vendor, model
-- sample: providers
SELECT
    [toString(vendor), toString(model)] AS dimensions,
    toString(sum(assumeNotNull(available))) AS value,
    uniqExact(owner) AS sample_size
FROM provider_gpus_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE inventory > 0 AND available IS NOT NULL AND owner IN
(
    SELECT owner
    FROM provider_checks_as_of(network = {network:String}, as_of = {as_of:UInt64})
    WHERE online = 1 AND fresh
)
GROUP BY vendor, model
ORDER BY vendor, model
