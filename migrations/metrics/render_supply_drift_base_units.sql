-- unit: base units of RENDER
-- definition: Largest difference that the supply audit finds, without its sign; must be 0. `observation`: what nodes
--   answered against opening plus minted less burned up to the same slot. `slot`: what all balances of one slot
--   changed by against what it minted less what it burned.
-- evidence: derived
-- kinds: render
-- dimensions: check
-- sample: comparisons
SELECT
    [check] AS dimensions,
    toString(max(abs(assumeNotNull(drift)))) AS value,
    count() AS sample_size
FROM render_supply_audit_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE isNotNull(drift)
GROUP BY check
ORDER BY check
