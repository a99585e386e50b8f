INSERT INTO stages (network, stage, generation, next_generation, live_version) VALUES ($1, $2, 0, 1, 0)
ON CONFLICT (network, stage) DO NOTHING
