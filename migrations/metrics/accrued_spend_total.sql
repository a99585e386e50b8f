-- unit: base units of the denomination
-- definition: What the Akash Console counts as spent on leases up to and including this block, by the denomination of the
--   deployment: prices of the leases that it holds to be funded, added up block by block, from the block where the count began
--   (the genesis, or the snapshot). An estimate, for comparison with public dashboards; what providers received is
--   provider_revenue_total. Exact decimals where the Console uses floating point.
-- evidence: derived
-- kinds: akash
-- dimensions: denom
-- sample: leases that are counted at this block
SELECT
    [toString(denom)] AS dimensions,
    toString(spent_total) AS value,
    greatest(active_leases, toUInt64(1)) AS sample_size
FROM accrued_spend_as_of(network = {network:String}, as_of = {as_of:UInt64})
ORDER BY denom
