SELECT generation, from_height, to_height FROM segments
WHERE network = $1 AND stage = $2 AND live = $3 AND ($4 < 0 OR generation = $4)
ORDER BY from_height
