INSERT INTO ranges (network, stage, generation, from_height, to_height, status, decoder, inserting, claimed_ms)
VALUES ($1, $2, $3, $4, $5, 'claimed', $6, 0, $7)
