-- What each recipient was paid for each epoch.
SELECT
    assumeNotNull(w.epoch) AS epoch,
    w.recipient AS recipient,
    toString(w.paid_work) AS paid_work,
    toString(w.paid_availability) AS paid_availability,
    toString(w.paid_compute) AS paid_compute,
    toString(toUInt128(w.paid_work) + w.paid_availability + w.paid_compute) AS paid,
    w.payouts AS payouts,
    toUnixTimestamp64Milli(w.first_paid_at) AS first_paid_ms,
    toUnixTimestamp64Milli(w.last_paid_at) AS last_paid_ms,
    'derived' AS evidence_word
FROM render_work_periods_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS w
