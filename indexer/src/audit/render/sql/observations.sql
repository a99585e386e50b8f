-- What nodes answered about supply and balances, within what is indexed.
SELECT slot, toString(subject) AS subject, address, amount, toString(endpoint) AS endpoint
FROM render_observations
WHERE network = {network:String} AND slot BETWEEN {from:UInt64} AND {to:UInt64}
GROUP BY slot, subject, address, amount, endpoint
ORDER BY slot, subject, address, endpoint
