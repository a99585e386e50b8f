-- unit: leases
-- definition: Leases that were closed up to this block, by the reason that their closing event gave (empty before
--   v1.0.0, which had no reasons).
-- evidence: onchain
-- kinds: akash
-- dimensions: reason
-- sample: leases
SELECT
    [toString(reason)] AS dimensions,
    toString(count()) AS value,
    count() AS sample_size
FROM leases_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE closed_on > 0
GROUP BY reason
ORDER BY reason
