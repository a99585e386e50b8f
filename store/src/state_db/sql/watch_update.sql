UPDATE watch_accounts SET valid_to_slot = $1, status = $2 WHERE network = $3 AND address = $4 AND valid_from_slot = $5
