INSERT INTO archive_files (network, from_height, to_height, path, sha256, bytes, created_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (network, from_height, to_height)
DO UPDATE SET path = excluded.path, sha256 = excluded.sha256, bytes = excluded.bytes, created_ms = excluded.created_ms
