DELETE FROM checkpoints WHERE network = $1 AND stage = $2 AND height = $3 AND decoder = $4
