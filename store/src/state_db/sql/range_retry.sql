UPDATE ranges SET status = 'claimed', reason = NULL, finished_ms = NULL
WHERE network = $1 AND stage = $2 AND status = 'quarantined'
