INSERT INTO watch_accounts
    (network, address, owner, role, subnet, label, evidence, valid_from_slot, valid_to_slot, status, match_ratio, first_seen_epoch, added_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
