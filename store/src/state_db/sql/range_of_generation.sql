SELECT generation, from_height, to_height, decoder, inserting FROM ranges
WHERE network = $1 AND stage = $2 AND generation = $3 AND status <> 'committed' ORDER BY from_height
