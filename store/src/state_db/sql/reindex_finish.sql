UPDATE reindexes SET status = $4, finished_ms = $5
WHERE network = $1 AND stage = $2 AND generation = $3
