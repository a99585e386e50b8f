-- unit: owners of token accounts
-- definition: Of each epoch that is indexed as a whole: new, owners that were paid a reward for the first time since the
--   first indexed slot; lost, owners that were paid in the epoch before and not in this one.
-- evidence: derived
-- kinds: render
-- dimensions: epoch, change
-- sample: recipients
SELECT
    [toString(epoch), change.1] AS dimensions,
    toString(change.2) AS value,
    recipients + change.3 AS sample_size
FROM render_epochs_as_of(network = {network:String}, as_of = {as_of:UInt64})
ARRAY JOIN [('lost', lost_recipients, lost_recipients), ('new', new_recipients, toUInt64(0))] AS change
WHERE complete = 1
ORDER BY epoch, change.1
