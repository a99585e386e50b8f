UPDATE stages SET first_height = $3 WHERE network = $1 AND stage = $2
