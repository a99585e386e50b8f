SELECT height, decoder, path, sha256, bytes FROM checkpoints
WHERE network = $1 AND stage = $2 AND decoder = $3 AND height <= $4 ORDER BY height DESC LIMIT 1
