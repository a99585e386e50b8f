UPDATE networks SET pinned_height = $2, pinned_hash = $3 WHERE name = $1
