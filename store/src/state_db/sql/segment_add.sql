INSERT INTO segments (network, stage, live, generation, from_height, to_height) VALUES ($1, $2, $3, $4, $5, $6)
