INSERT INTO superseded (network, stage, generation, from_height, to_height, since_ms) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (network, stage, generation, from_height, to_height) DO NOTHING
