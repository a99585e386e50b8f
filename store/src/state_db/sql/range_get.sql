SELECT to_height, status, decoder, inserting FROM ranges
WHERE network = $1 AND stage = $2 AND generation = $3 AND from_height = $4
