INSERT INTO networks (name, chain_id, kind, first_height, note, created_ms) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) DO UPDATE SET first_height = excluded.first_height, note = excluded.note
