SELECT name, owner, fence, expires_ms FROM leases ORDER BY name
