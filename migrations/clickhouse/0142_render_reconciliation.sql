-- The chain's number and the reported one of each epoch, side by side in RENDER, and their difference (chain minus report).
-- Never an average. One row per epoch that is known here or reported, measure and source:
--   burned: burns out of burn wallets in the epoch, against the Foundation's burned RENDER;
--   work_paid, availability_paid: rewards that left the payout wallets in the epoch, against Dune's count of the same;
--   work_due: work rewards that were paid *for* the epoch, whenever they left, against what the Foundation says was due.
-- `onchain` is null where the epoch is `not indexed` as a whole, or `provisional`: still under way, or for work_due not final.
-- `reported` is null where the source says nothing (`not reported`). `not final`: both numbers are there, but burns and
-- payouts of the epoch may still arrive.
CREATE OR REPLACE VIEW render_burn_reconciliation_as_of AS
WITH (
    SELECT max(decimals)
    FROM render_token_events_live
    WHERE network = {network:String} AND slot <= {as_of:UInt64} AND kind IN ('mint', 'burn', 'transfer')
) AS places
SELECT
    epoch, measure, source, onchain, reported,
    onchain - reported AS difference,
    multiIf(
        isNull(onchain) AND waits, 'provisional',
        isNull(onchain), 'not indexed',
        isNull(reported), 'not reported',
        is_final = 0, 'not final',
        '') AS reason
FROM
(
    SELECT
        epoch,
        is_final,
        part.1 AS measure,
        part.2 AS source,
        if(part.4, accurateCastOrNull(
            toDecimal256(part.3, 18) / toDecimal256(intExp10(assumeNotNull(places)), 0), 'Decimal(38, 18)'), NULL) AS onchain,
        part.5 AS waits,
        part.6 AS reported
    FROM
    (
        SELECT
            k.epoch AS epoch,
            c.is_final AS is_final,
            arrayJoin([
                ('burned', 'foundation', c.burned, c.complete, under_way, f.burned),
                ('work_paid', 'dune', c.paid_work, c.complete, under_way, d.work_paid),
                ('availability_paid', 'dune', c.paid_availability, c.complete, under_way, d.availability_paid),
                ('work_due', 'foundation', w.paid_for, c.is_final, toUInt8(under_way OR c.complete), accurateCastOrNull(
                    toDecimal256(l.amount_due, 18) / toDecimal256(intExp10(8), 0), 'Decimal(38, 18)'))
            ]) AS part,
            toUInt8(s.begun AND NOT s.ended) AS under_way
        FROM
        (
            SELECT DISTINCT epoch
            FROM
            (
                SELECT epoch
                FROM render_epoch_spans_as_of(network = {network:String}, as_of = {as_of:UInt64})
                WHERE begun = 1
                UNION ALL
                SELECT epoch FROM offchain_render_epochs_newest WHERE network = {network:String}
                UNION ALL
                SELECT epoch
                FROM offchain_render_liabilities_newest
                WHERE network = {network:String} AND channel = 'node_operator'
            )
        ) AS k
        LEFT JOIN render_epoch_spans_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS s ON s.epoch = k.epoch
        LEFT JOIN render_epochs_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS c ON c.epoch = k.epoch
        LEFT JOIN
        (
            SELECT assumeNotNull(epoch_guess) AS epoch, sum(toUInt128(amount)) AS paid_for
            FROM render_payouts_as_of(network = {network:String}, as_of = {as_of:UInt64})
            WHERE class = 'node_work_reward' AND isNotNull(epoch_guess)
            GROUP BY epoch
        ) AS w ON w.epoch = k.epoch
        LEFT JOIN
        (
            SELECT epoch, burned
            FROM offchain_render_epochs_newest
            WHERE network = {network:String} AND source = 'foundation'
        ) AS f ON f.epoch = k.epoch
        LEFT JOIN
        (
            SELECT epoch, work_paid, availability_paid
            FROM offchain_render_epochs_newest
            WHERE network = {network:String} AND source = 'dune'
        ) AS d ON d.epoch = k.epoch
        LEFT JOIN
        (
            SELECT epoch, toNullable(sum(toUInt128(amount_due))) AS amount_due
            FROM offchain_render_liabilities_newest
            WHERE network = {network:String} AND source = 'foundation' AND channel = 'node_operator'
            GROUP BY epoch
        ) AS l ON l.epoch = k.epoch
    )
)
ORDER BY epoch, measure, source
