-- unit: base units of RENDER
-- definition: RENDER burned out of burn wallets in each weekly epoch that is indexed as a whole, by the slot of the burn: a
--   burn follows its jobs late, so the newest epoch may be lower than it will be reported.
-- evidence: derived
-- kinds: render
-- dimensions: epoch
-- sample: burns
SELECT
    [toString(epoch)] AS dimensions,
    toString(burned) AS value,
    settlements AS sample_size
FROM render_epochs_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE complete = 1
ORDER BY epoch
