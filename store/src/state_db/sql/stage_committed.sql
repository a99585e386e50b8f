UPDATE stages
SET live_version = live_version + 1,
    watermark = CASE WHEN watermark IS NULL OR watermark < $3 THEN $3 ELSE watermark END,
    last_commit_ms = $4
WHERE network = $1 AND stage = $2
