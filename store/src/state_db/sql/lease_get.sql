SELECT owner, fence, expires_ms FROM leases WHERE name = $1
