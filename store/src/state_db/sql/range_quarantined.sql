SELECT generation, from_height, to_height, decoder, inserting, reason, finished_ms FROM ranges
WHERE network = $1 AND stage = $2 AND status = 'quarantined' ORDER BY from_height
