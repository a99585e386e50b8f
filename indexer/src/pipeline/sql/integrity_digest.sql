-- Count and order-free hashes of the rows of one table, by height or entry. Without FINAL: a row that is there twice shows.
SELECT ? AS unit, count() AS rows, groupBitXor(row_hash) AS digest_xor, sumWithOverflow(row_hash) AS digest_sum
FROM ?
WHERE network = ? AND generation = ? AND ? BETWEEN ? AND ?
GROUP BY unit
