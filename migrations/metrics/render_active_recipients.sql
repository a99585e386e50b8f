-- unit: owners of token accounts
-- definition: Owners that were paid a reward in the last epoch that is indexed as a whole. Not nodes and not operators: one
--   operator may have many wallets.
-- evidence: derived
-- kinds: render
-- dimensions: none
-- sample: payouts
SELECT
    CAST([], 'Array(String)') AS dimensions,
    toString(argMax(e.recipients, e.epoch)) AS value,
    ifNull((
        SELECT count()
        FROM render_payouts_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS p
        WHERE p.epoch =
        (
            SELECT max(l.epoch)
            FROM render_epochs_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS l
            WHERE l.complete = 1
        )
    ), toUInt64(0)) AS sample_size
FROM render_epochs_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS e
WHERE e.complete = 1
HAVING count() > 0
