-- What each transaction is stored as.
SELECT signature, slot, failed, toString(class) AS class
FROM render_transactions_live
WHERE network = {network:String}
ORDER BY slot, signature
