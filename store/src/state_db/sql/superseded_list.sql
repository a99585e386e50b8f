SELECT generation, from_height, to_height, since_ms FROM superseded
WHERE network = $1 AND stage = $2 AND since_ms <= $3 ORDER BY generation, from_height
