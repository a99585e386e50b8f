UPDATE ranges SET generation = $5, decoder = $6, inserting = 0
WHERE network = $1 AND stage = $2 AND generation = $3 AND from_height = $4
