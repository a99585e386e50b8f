-- Count and order-free hashes of the rows of one table, by height. Without FINAL: a row that is there twice shows.
SELECT height, count() AS rows, groupBitXor(row_hash) AS digest_xor, sumWithOverflow(row_hash) AS digest_sum
FROM ?
WHERE network = ? AND generation = ? AND height BETWEEN ? AND ?
GROUP BY height
