-- unit: RENDER burned per RENDER paid
-- definition: RENDER burned out of burn wallets over RENDER paid as rewards (work, availability and compute), of each epoch
--   that is indexed as a whole and paid something, cut at 18 places. Below 1: use does not cover what nodes are
--   paid. Grants and upgrade rewards are not in it.
-- evidence: derived
-- kinds: render
-- dimensions: epoch
-- sample: recipients
SELECT
    [toString(epoch)] AS dimensions,
    toString(toDecimal256(burned, 18) / toDecimal256(paid_work + paid_availability + paid_compute, 0)) AS value,
    recipients AS sample_size
FROM render_epochs_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE complete = 1 AND paid_work + paid_availability + paid_compute > 0
ORDER BY epoch
