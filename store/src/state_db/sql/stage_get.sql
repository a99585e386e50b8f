SELECT generation, next_generation, live_version, watermark, last_commit_ms, first_height
FROM stages WHERE network = $1 AND stage = $2
