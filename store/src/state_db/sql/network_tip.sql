UPDATE networks SET tip_height = $2, tip_time_ms = $3, tip_seen_ms = $4
WHERE name = $1 AND (tip_height IS NULL OR tip_height <= $2)
