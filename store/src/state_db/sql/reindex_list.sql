SELECT generation, from_height, to_height, decoder FROM reindexes
WHERE network = $1 AND stage = $2 AND status = 'open' ORDER BY generation
