SELECT CAST(COUNT(*) AS BIGINT) AS ranges, CAST(COALESCE(SUM(row_count), 0) AS BIGINT) AS row_count FROM ranges
WHERE network = $1 AND stage = $2 AND status = 'committed'
