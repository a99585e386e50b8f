UPDATE stages SET generation = $3 WHERE network = $1 AND stage = $2 AND generation < $3
