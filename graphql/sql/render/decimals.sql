-- Decimals of the token: those of the newest movement up to `as_of`.
SELECT decimals
FROM render_token_events_live
WHERE network = {network:String} AND slot <= {as_of:UInt64} AND kind IN ('mint', 'burn', 'transfer')
ORDER BY slot DESC
LIMIT 1
