SELECT denom, to_denom, source, record_height, sequence, status, record
FROM bme_ledger_as_of(network = {network:String}, as_of = {as_of:UInt64})
