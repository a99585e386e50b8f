-- Per epoch and measure: what the chain says, what somebody reported, and the difference. Never an average.
SELECT
    r.epoch AS epoch,
    toString(r.measure) AS measure_name,
    toString(r.source) AS source_name,
    toNullable(toString(r.onchain)) AS onchain,
    toNullable(toString(r.reported)) AS reported,
    toNullable(toString(r.difference)) AS difference,
    toString(r.reason) AS reason
FROM render_burn_reconciliation_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS r
