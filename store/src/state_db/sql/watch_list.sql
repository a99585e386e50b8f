SELECT address, owner, role, subnet, label, evidence, valid_from_slot, valid_to_slot, status, match_ratio, first_seen_epoch, added_ms
FROM watch_accounts
WHERE network = $1
ORDER BY address, valid_from_slot
