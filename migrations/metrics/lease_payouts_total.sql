-- unit: base units of the denomination
-- definition: What escrow accounts paid out for leases from the first block up to this one, the take fee included, at
--   the block that moved the money. Deposits, refunds and migrations are no payouts.
-- evidence: derived
-- kinds: akash
-- dimensions: denom
-- sample: payouts
SELECT
    [toString(denom)] AS dimensions,
    toString(sum(toUInt256(gross))) AS value,
    count() AS sample_size
FROM api_lease_payouts
WHERE network = {network:String} AND height <= {as_of:UInt64}
GROUP BY denom
ORDER BY denom
