UPDATE stages SET live_version = live_version + 1 WHERE network = $1 AND stage = $2
