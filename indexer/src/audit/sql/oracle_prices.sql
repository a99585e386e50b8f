SELECT source, denom, base_denom, price_time, sequence, price
FROM oracle_prices_as_of(network = {network:String}, as_of = {as_of:UInt64})
