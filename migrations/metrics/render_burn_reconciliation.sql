-- unit: RENDER
-- definition: RENDER burned out of burn wallets in an epoch less what the source reports for it. Above 0: the chain shows
--   more. A difference between two numbers, never their average; only epochs that are indexed as a whole and
--   reported have one.
-- evidence: offchain_reported
-- kinds: render
-- dimensions: epoch, source
-- sample: reports
SELECT
    [toString(epoch), source] AS dimensions,
    toString(assumeNotNull(difference)) AS value,
    toUInt64(1) AS sample_size
FROM render_burn_reconciliation_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE measure = 'burned' AND isNotNull(difference)
ORDER BY epoch, source
