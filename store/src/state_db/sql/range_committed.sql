SELECT generation, from_height, to_height, decoder, inserting, row_count, digest_xor, digest_sum FROM ranges
WHERE network = $1 AND stage = $2 AND status = 'committed' AND from_height <= $4 AND to_height >= $3
ORDER BY from_height, generation
