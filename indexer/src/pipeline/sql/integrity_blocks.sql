-- What the rows of digests state of the rows of their heights.
SELECT height AS unit, rows, rows_xor AS digest_xor, rows_sum AS digest_sum
FROM ?
WHERE network = ? AND generation = ? AND height BETWEEN ? AND ?
