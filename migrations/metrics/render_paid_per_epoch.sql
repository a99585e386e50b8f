-- unit: base units of RENDER
-- definition: RENDER that left the payout wallets as a reward in each weekly epoch that is indexed as a whole, by class
--   (node_work_reward, availability_reward, compute_reward), in the epoch in which it was paid, which is later
--   than the one that it is for.
-- evidence: derived
-- kinds: render
-- dimensions: epoch, class
-- sample: payouts
SELECT
    [toString(e.epoch), toString(p.class)] AS dimensions,
    toString(sum(toUInt128(p.amount))) AS value,
    count() AS sample_size
FROM render_payouts_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS p
INNER JOIN render_epochs_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS e ON e.epoch = p.epoch
WHERE e.complete = 1
GROUP BY e.epoch, p.class
ORDER BY e.epoch, p.class
