SELECT owner, toUnixTimestamp64Milli(until) AS until_ms, up_ms, down_ms, unknown_ms, checks
FROM provider_uptime(network = {network:String}, as_of = {as_of:UInt64}, days = {days:UInt32})
