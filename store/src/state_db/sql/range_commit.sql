UPDATE ranges
SET status = 'committed', row_count = $5, digest_xor = $6, digest_sum = $7, finished_ms = $8
WHERE network = $1 AND stage = $2 AND generation = $3 AND from_height = $4
