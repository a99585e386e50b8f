UPDATE ranges SET status = 'quarantined', reason = $5, finished_ms = $6
WHERE network = $1 AND stage = $2 AND generation = $3 AND from_height = $4
