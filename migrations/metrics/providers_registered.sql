-- unit: providers
-- definition: Providers with a record on the chain at the end of the block. The chain never deletes a record, so this
--   is every provider that ever registered, whether its machines answer or not.
-- evidence: onchain
-- kinds: akash
-- dimensions: none
-- sample: providers
SELECT
    CAST([], 'Array(String)') AS dimensions,
    toString(count()) AS value,
    count() AS sample_size
FROM providers_as_of(network = {network:String}, as_of = {as_of:UInt64})
