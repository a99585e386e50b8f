-- unit: providers
-- definition: Providers that are online, whose attributes on the chain name a kind of GPU and whose status, which names
--   cards, has none of it, by model.
-- evidence: offchain_reported
-- kinds: akash
-- dimensions: vendor, model
-- sample: providers
SELECT
    [toString(vendor), toString(model)] AS dimensions,
    toString(uniqExactIf(owner, advertised = 1 AND inventory = 0)) AS value,
    uniqExactIf(owner, advertised = 1) AS sample_size
FROM provider_gpus_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE inventory IS NOT NULL AND owner IN
(
    SELECT owner
    FROM provider_checks_as_of(network = {network:String}, as_of = {as_of:UInt64})
    WHERE online = 1 AND fresh
)
GROUP BY vendor, model
HAVING sample_size > 0
ORDER BY vendor, model
