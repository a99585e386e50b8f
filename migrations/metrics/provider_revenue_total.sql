-- unit: base units of the denomination
-- definition: What providers received for leases up to and including this block: payouts out of escrow less the take fee, at the
--   block that moved the money. With the take fee it is lease_payouts_total.
-- evidence: derived
-- kinds: akash
-- dimensions: denom
-- sample: payouts
SELECT
    [toString(denom)] AS dimensions,
    toString(sum(toUInt256(net))) AS value,
    count() AS sample_size
FROM api_lease_payouts
WHERE network = {network:String} AND height <= {as_of:UInt64}
GROUP BY denom
ORDER BY denom
