-- unit: base units of RENDER
-- definition: Gross fees by the definition of DefiLlama: RENDER burned out of burn wallets divided by 0.95, for 5 % go to
--   the operator and never reach the chain. Whole base units, cut. Of each epoch that is indexed as a whole.
-- evidence: derived
-- kinds: render
-- dimensions: epoch
-- sample: burns
SELECT
    [toString(epoch)] AS dimensions,
    toString(intDiv(toUInt256(burned) * 100, 95)) AS value,
    settlements AS sample_size
FROM render_epochs_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE complete = 1
ORDER BY epoch
