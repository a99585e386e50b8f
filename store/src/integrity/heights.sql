SELECT height, generation, count() AS row_count, toUInt64(sum(times) - count()) AS copies, groupBitXor(row_hash) AS hash_xor,
       sumWithOverflow(row_hash) AS hash_sum
FROM
(
    SELECT height, generation, row_hash, count() AS times
    FROM {table}
    WHERE network = {network} AND height BETWEEN {from} AND {to}
    GROUP BY height, generation, row_hash, {key}
)
GROUP BY height, generation
ORDER BY height, generation
