-- Every movement of the token, and every difference of balances that no instruction explains.
SELECT slot, signature, toString(kind) AS kind, source_account, dest_account, amount, sign, toString(class) AS class
FROM render_token_events_live
WHERE network = {network:String} AND slot BETWEEN {from:UInt64} AND {to:UInt64}
    AND kind IN ('mint', 'burn', 'transfer', 'unexplained_delta')
ORDER BY slot, signature, outer, inner, batch
