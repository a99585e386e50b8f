SELECT generation, from_height, to_height, status FROM ranges
WHERE network = $1 AND stage = $2 AND status IN ('claimed', 'quarantined') AND from_height <= $4 AND to_height >= $3
ORDER BY from_height
