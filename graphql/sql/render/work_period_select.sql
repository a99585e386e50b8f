-- What each recipient was paid in each epoch.
SELECT
    w.epoch AS epoch,
    w.owner AS recipient,
    toUnixTimestamp64Milli(w.starts_at) AS starts_ms,
    toUnixTimestamp64Milli(w.ends_at) AS ends_ms,
    w.pays_for AS pays_for,
    toString(w.paid_work) AS paid_work,
    toString(w.paid_availability) AS paid_availability,
    toString(w.paid_compute) AS paid_compute,
    toString(w.paid_work + w.paid_availability + w.paid_compute) AS paid,
    w.payments AS payouts,
    toUnixTimestamp64Milli(w.first_paid_at) AS first_paid_ms,
    toUnixTimestamp64Milli(w.last_paid_at) AS last_paid_ms,
    w.evidence AS evidence_word
FROM render_work_periods_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS w
