-- unit: base units of the denomination
-- definition: accrued_spend_total less provider_revenue_total: what the Akash Console counts as spent and providers have not
--   received. Its parts: the take fee, what is settled and not paid out, what is not settled yet, dues that the chain lost,
--   dues that no money covered, amounts cut to whole units, less what ran on after the money was used up. docs/activity.md
--   has the identity. Below zero where payouts are older than the count, or where a migration moved amounts.
-- evidence: derived
-- kinds: akash
-- dimensions: denom
-- sample: payouts
SELECT
    [denom] AS dimensions,
    toString(sum(accrued) - sum(received)) AS value,
    greatest(sum(payouts), toUInt64(1)) AS sample_size
FROM
(
    SELECT toString(denom) AS denom, spent_total AS accrued, toDecimal256(0, 18) AS received, toUInt64(0) AS payouts
    FROM accrued_spend_as_of(network = {network:String}, as_of = {as_of:UInt64})
    UNION ALL
    SELECT toString(denom) AS denom, toDecimal256(0, 18) AS accrued, toDecimal256(net, 18) AS received, toUInt64(1) AS payouts
    FROM api_lease_payouts
    WHERE network = {network:String} AND height <= {as_of:UInt64}
)
GROUP BY denom
ORDER BY denom
