-- What was paid to whom: one row per payout out of a payout wallet, by the three classes of rewards.
CREATE OR REPLACE VIEW render_payouts_as_of AS
SELECT
    slot, block_time, signature, `outer`, `inner`, batch, tx_index,
    class, amount, decimals,
    source_account, source_owner,
    dest_account AS account,
    if(dest_owner = '', dest_account, dest_owner) AS owner,
    epoch, epoch_guess, epoch_guess_by, memo
FROM render_token_events_live
WHERE network = {network:String} AND slot <= {as_of:UInt64}
  AND kind IN ('transfer', 'mint')
  AND class IN ('node_work_reward', 'availability_reward', 'compute_reward')

-- @stmt
-- One row per epoch that has begun at `as_of`. Amounts are base units and count in the epoch in which they moved; they are
-- sums over what is indexed, the whole epoch only where `complete` is 1.
--   burned: out of burn wallets; other_burned: all other burns. burned_usd_at_burn: burned at the price that the reports of
--   `price_source` give for the epoch (their US dollars over their RENDER), cut at 18 places; null where there is none.
--   recipients: owners that were paid a reward; new_recipients: those among them that were never paid before;
--   lost_recipients: those that were paid in the epoch before and not in this one.
--   settlements: number of burns out of burn wallets. unknown: movements of watched accounts that no rule explains.
CREATE OR REPLACE VIEW render_epochs_as_of AS
SELECT
    s.epoch AS epoch,
    s.starts_at AS starts_at,
    s.ends_at AS ends_at,
    e.burned AS burned,
    e.other_burned AS other_burned,
    accurateCastOrNull(
        toDecimal256(e.burned, 0) * toDecimal256(p.burned_usd, 18) / toDecimal256(p.burned, 18)
            / toDecimal256(intExp10(e.decimals), 0),
        'Decimal(38, 18)') AS burned_usd_at_burn,
    if(isNull(burned_usd_at_burn), '', 'foundation') AS price_source,
    e.minted_emission AS minted_emission,
    e.minted_upgrade AS minted_upgrade,
    e.job_payments AS job_payments,
    e.paid_work AS paid_work,
    e.paid_availability AS paid_availability,
    e.paid_compute AS paid_compute,
    e.grants AS grants,
    e.treasury AS treasury,
    e.market AS market,
    e.unknown AS unknown,
    r.recipients AS recipients,
    r.new_recipients AS new_recipients,
    r.lost_recipients AS lost_recipients,
    e.settlements AS settlements,
    s.complete AS complete,
    s.is_final AS is_final,
    'derived' AS evidence
FROM (SELECT * FROM render_epoch_spans_as_of(network = {network:String}, as_of = {as_of:UInt64}) WHERE begun = 1) AS s
LEFT JOIN
(
    SELECT
        assumeNotNull(v.epoch) AS epoch,
        max(v.decimals) AS decimals,
        sumIf(toUInt128(v.amount), v.kind = 'burn' AND v.class = 'job_burn') AS burned,
        sumIf(toUInt128(v.amount), v.kind = 'burn' AND v.class = 'other_burn') AS other_burned,
        sumIf(toUInt128(v.amount), v.kind = 'mint' AND v.class = 'emission_mint') AS minted_emission,
        sumIf(toUInt128(v.amount), v.kind = 'mint' AND v.class = 'upgrade_mint') AS minted_upgrade,
        sumIf(toUInt128(v.amount), v.class = 'job_payment') AS job_payments,
        sumIf(toUInt128(v.amount), v.class = 'node_work_reward') AS paid_work,
        sumIf(toUInt128(v.amount), v.class = 'availability_reward') AS paid_availability,
        sumIf(toUInt128(v.amount), v.class = 'compute_reward') AS paid_compute,
        sumIf(toUInt128(v.amount), v.class = 'grant') AS grants,
        sumIf(toUInt128(v.amount), v.class = 'treasury') AS treasury,
        sumIf(toUInt128(v.amount), v.class = 'market') AS market,
        sumIf(toUInt128(v.amount), v.class = 'unknown') AS unknown,
        countIf(v.kind = 'burn' AND v.class = 'job_burn') AS settlements
    FROM render_token_events_live AS v
    WHERE v.network = {network:String} AND v.slot <= {as_of:UInt64}
      AND v.kind IN ('mint', 'burn', 'transfer') AND isNotNull(v.epoch)
    GROUP BY epoch
) AS e ON e.epoch = s.epoch
LEFT JOIN
(
    SELECT
        toUInt32(mark.1) AS epoch,
        sum(mark.2) AS recipients,
        sum(mark.3) AS new_recipients,
        sum(mark.4) AS lost_recipients
    FROM
    (
        SELECT arrayJoin(arrayConcat(
            arrayMap(e -> (toUInt64(e), toUInt64(1), toUInt64(e = epochs[1]), toUInt64(0)), epochs),
            arrayMap(e -> (toUInt64(e) + 1, toUInt64(0), toUInt64(0), toUInt64(1)), arrayFilter(e -> NOT has(epochs, e + 1), epochs))
        )) AS mark
        FROM
        (
            SELECT owner, arraySort(groupUniqArray(assumeNotNull(epoch))) AS epochs
            FROM render_payouts_as_of(network = {network:String}, as_of = {as_of:UInt64})
            WHERE isNotNull(epoch)
            GROUP BY owner
        )
    )
    GROUP BY epoch
) AS r ON r.epoch = s.epoch
LEFT JOIN
(
    SELECT epoch, burned, burned_usd
    FROM offchain_render_epochs_newest
    WHERE network = {network:String} AND source = 'foundation' AND burned > 0 AND isNotNull(burned_usd)
) AS p ON p.epoch = s.epoch
ORDER BY epoch
