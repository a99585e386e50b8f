SELECT
    owner, toUnixTimestamp64Milli(observed_at) AS observed_ms, sequence, toString(via) AS via_word, online,
    toString(outcome) AS outcome_word, reason, latency_ms, toString(version) AS version, fresh
FROM provider_checks_as_of(network = {network:String}, as_of = {as_of:UInt64})
