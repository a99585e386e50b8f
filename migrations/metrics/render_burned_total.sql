-- unit: base units of RENDER
-- definition: RENDER burned out of burn wallets in all slots that are indexed up to this one: what jobs paid, less the fee
--   that never reaches the chain. Burns by others are not in it.
-- evidence: derived
-- kinds: render
-- dimensions: none
-- sample: burns
SELECT
    CAST([], 'Array(String)') AS dimensions,
    toString(sum(toUInt128(amount))) AS value,
    count() AS sample_size
FROM render_settlements_as_of(network = {network:String}, as_of = {as_of:UInt64})
