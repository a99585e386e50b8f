-- unit: base units of RENDER
-- definition: Supply of the mint. `summed`: what was there before the first indexed slot, plus everything minted, less
--   everything burned. `observed`: what a node last answered. The basis that is not known has no value.
-- evidence: derived
-- kinds: render
-- dimensions: basis
-- sample: slots
SELECT
    [basis.1] AS dimensions,
    toString(assumeNotNull(basis.2)) AS value,
    toUInt64(1) AS sample_size
FROM render_supply_as_of(network = {network:String}, as_of = {as_of:UInt64})
ARRAY JOIN [('observed', toInt128(observed)), ('summed', summed)] AS basis
WHERE isNotNull(basis.2)
ORDER BY basis.1
