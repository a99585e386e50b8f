-- unit: share
-- definition: Share of the known time of the last 1, 7 and 30 days in which providers were online, all providers together, cut
--   at 18 places. What a check found holds until the next check of that provider, at most twenty minutes; other time is
--   unknown and left out.
-- evidence: offchain_reported
-- kinds: akash
-- dimensions: days
-- sample: checks
SELECT
    [toString(days)] AS dimensions,
    toString(toDecimal256(up, 18) / toDecimal256(up + down, 0)) AS value,
    checks AS sample_size
FROM
(
    SELECT 1 AS days, sum(up_ms) AS up, sum(down_ms) AS down, sum(checks) AS checks
    FROM provider_uptime(network = {network:String}, as_of = {as_of:UInt64}, days = 1)
    UNION ALL
    SELECT 7 AS days, sum(up_ms) AS up, sum(down_ms) AS down, sum(checks) AS checks
    FROM provider_uptime(network = {network:String}, as_of = {as_of:UInt64}, days = 7)
    UNION ALL
    SELECT 30 AS days, sum(up_ms) AS up, sum(down_ms) AS down, sum(checks) AS checks
    FROM provider_uptime(network = {network:String}, as_of = {as_of:UInt64}, days = 30)
)
WHERE up + down > 0
ORDER BY days
