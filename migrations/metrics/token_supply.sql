-- unit: base units of the denomination
-- definition: Supply on the chain at the end of the block: the genesis plus everything minted minus everything burned.
-- evidence: onchain
-- kinds: akash
-- dimensions: denom
-- sample: denominations
SELECT
    [toString(denom)] AS dimensions,
    toString(amount) AS value,
    toUInt64(1) AS sample_size
FROM supply_as_of(network = {network:String}, as_of = {as_of:UInt64})
ORDER BY denom
