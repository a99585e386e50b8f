UPDATE leases SET expires_ms = $4 WHERE name = $1 AND owner = $2 AND fence = $3
