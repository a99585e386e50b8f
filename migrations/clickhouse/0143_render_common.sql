-- Providers: owners of token accounts that a payout wallet paid. Not a node and not a person: one operator may have many.
CREATE OR REPLACE VIEW render_providers_as_of AS
SELECT
    owner,
    min(p.slot) AS first_slot,
    min(p.block_time) AS first_paid_at,
    max(p.slot) AS last_slot,
    max(p.block_time) AS last_paid_at,
    min(p.epoch) AS first_epoch,
    max(p.epoch) AS last_epoch,
    uniqExact(p.epoch) AS epochs,
    uniqExact(p.account) AS accounts,
    count() AS payments,
    sumIf(toUInt128(p.amount), p.class = 'node_work_reward') AS paid_work,
    sumIf(toUInt128(p.amount), p.class = 'availability_reward') AS paid_availability,
    sumIf(toUInt128(p.amount), p.class = 'compute_reward') AS paid_compute,
    'derived' AS evidence
FROM render_payouts_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS p
GROUP BY owner
ORDER BY owner

-- @stmt
-- Settlements: burns out of burn wallets, each a batch of settled jobs. Nothing on the chain says which.
CREATE OR REPLACE VIEW render_settlements_as_of AS
SELECT
    slot, block_time, signature, `outer`, `inner`, batch, tx_index,
    epoch, source_account AS account, source_owner AS owner, authority, signers, instruction,
    amount, decimals, memo, via_cpi, via_batch,
    'derived' AS evidence
FROM render_token_events_live
WHERE network = {network:String} AND slot <= {as_of:UInt64} AND kind = 'burn' AND class = 'job_burn'
ORDER BY slot, signature, `outer`, `inner`, batch

-- @stmt
-- Work periods: what a recipient was paid in an epoch, by class. `epoch` is the one in which it was paid; `pays_for` lists
-- the epochs that the payouts are taken to be for.
CREATE OR REPLACE VIEW render_work_periods_as_of AS
SELECT
    p.owner AS owner,
    p.epoch AS epoch,
    any(b.starts_at) AS starts_at,
    any(b.ends_at) AS ends_at,
    arraySort(groupUniqArray(p.epoch_guess)) AS pays_for,
    count() AS payments,
    sumIf(toUInt128(p.amount), p.class = 'node_work_reward') AS paid_work,
    sumIf(toUInt128(p.amount), p.class = 'availability_reward') AS paid_availability,
    sumIf(toUInt128(p.amount), p.class = 'compute_reward') AS paid_compute,
    min(p.block_time) AS first_paid_at,
    max(p.block_time) AS last_paid_at,
    'derived' AS evidence
FROM
(
    SELECT owner, assumeNotNull(epoch) AS epoch, epoch_guess, class, amount, block_time
    FROM render_payouts_as_of(network = {network:String}, as_of = {as_of:UInt64})
    WHERE isNotNull(epoch)
) AS p
INNER JOIN (SELECT * FROM render_epoch_boundaries_newest WHERE network = {network:String}) AS b ON b.epoch = p.epoch
GROUP BY owner, epoch
ORDER BY epoch, owner
