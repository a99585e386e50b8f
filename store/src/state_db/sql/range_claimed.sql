SELECT generation, from_height, to_height, decoder, inserting FROM ranges
WHERE network = $1 AND stage = $2 AND status = 'claimed' ORDER BY from_height
