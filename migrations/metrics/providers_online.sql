-- unit: providers
-- definition: Providers that told their status when they were last asked, at most twenty minutes before the newest check of
--   all. The sample is of providers that are
--   asked; absent where none is.
-- evidence: offchain_reported
-- kinds: akash
-- dimensions: none
-- sample: providers
SELECT
    CAST([], 'Array(String)') AS dimensions,
    toString(countIf(online = 1 AND fresh)) AS value,
    count() AS sample_size
FROM provider_checks_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE outcome != 'shadowed'
HAVING sample_size > 0
