INSERT INTO checkpoints (network, stage, height, decoder, path, sha256, bytes, created_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (network, stage, height, decoder)
DO UPDATE SET path = excluded.path, sha256 = excluded.sha256, bytes = excluded.bytes, created_ms = excluded.created_ms
