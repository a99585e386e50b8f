DELETE FROM segments
WHERE network = $1 AND stage = $2 AND live = $3 AND generation = $4 AND from_height = $5
