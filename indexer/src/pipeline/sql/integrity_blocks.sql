-- What the block rows state of the rows of their heights.
SELECT height, rows, rows_xor AS digest_xor, rows_sum AS digest_sum
FROM blocks
WHERE network = ? AND generation = ? AND height BETWEEN ? AND ?
