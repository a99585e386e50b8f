SELECT balances, total_burned, total_minted, remint_credits
FROM bme_vault_as_of(network = {network:String}, as_of = {as_of:UInt64})
