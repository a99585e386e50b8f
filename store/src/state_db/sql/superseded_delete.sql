DELETE FROM superseded
WHERE network = $1 AND stage = $2 AND generation = $3 AND from_height = $4 AND to_height = $5
