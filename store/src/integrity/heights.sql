SELECT {unit} AS unit, generation, count() AS row_count, toUInt64(sum(times) - count()) AS copies, groupBitXor(row_hash) AS hash_xor,
       sumWithOverflow(row_hash) AS hash_sum
FROM
(
    SELECT {unit}, generation, row_hash, count() AS times
    FROM {table}
    WHERE network = {network} AND {unit} BETWEEN {from} AND {to}
    GROUP BY {unit}, generation, row_hash, {key}
)
GROUP BY unit, generation
ORDER BY unit, generation
