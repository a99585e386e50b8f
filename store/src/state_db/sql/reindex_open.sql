INSERT INTO reindexes (network, stage, generation, from_height, to_height, decoder, status, created_ms)
VALUES ($1, $2, $3, $4, $5, $6, 'open', $7)
