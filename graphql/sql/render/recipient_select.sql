-- Owners that payout wallets paid, with what they were paid by class.
SELECT
    p.owner AS owner,
    p.first_epoch AS first_epoch,
    p.last_epoch AS last_epoch,
    p.epochs AS epochs_paid,
    toString(p.paid_work) AS paid_work,
    toString(p.paid_availability) AS paid_availability,
    toString(p.paid_compute) AS paid_compute,
    toString(p.paid_work + p.paid_availability + p.paid_compute) AS paid,
    p.payments AS payouts,
    p.accounts AS accounts,
    p.evidence AS evidence_word
FROM render_providers_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS p
