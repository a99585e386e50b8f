-- Supply: the sum of mints less the sum of burns, beside the newest answer of a node at or before `as_of`.
SELECT
    a.slot AS slot,
    toUnixTimestamp64Milli(a.block_time) AS time_ms,
    toString(a.minted) AS minted,
    toString(a.burned) AS burned,
    toString(a.expected) AS expected,
    toNullable(toString(a.observed)) AS observed,
    toNullable(toString(a.drift)) AS drift,
    count() OVER () AS observations
FROM render_supply_audit_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS a
ORDER BY a.slot DESC
LIMIT 1
