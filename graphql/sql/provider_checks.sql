SELECT
    owner, toUnixTimestamp64Milli(observed_at) AS observed_ms, sequence, toString(via) AS via_word, online,
    toString(outcome) AS outcome_word, reason, latency_ms, toString(version) AS version, toUInt8(1) AS fresh
FROM provider_checks_live
WHERE network = {network:String} AND owner = {owner:String} AND height <= {as_of:UInt64}
ORDER BY sequence DESC, item DESC
LIMIT {limit:UInt32}
