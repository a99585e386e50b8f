INSERT INTO leases (name, owner, fence, expires_ms) VALUES ($1, $2, 1, $3)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, fence = leases.fence + 1, expires_ms = excluded.expires_ms
