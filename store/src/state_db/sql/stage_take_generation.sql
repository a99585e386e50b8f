UPDATE stages SET next_generation = next_generation + 1 WHERE network = $1 AND stage = $2
