-- Reader views over rows of either origin.

-- One row per lease known at `as_of`: when it was created (null where it is older than an answered state) and, if it
-- ended (`is_over`), the time of the block that ended it (null where it ended before an answered state). The row of the
-- height `closed_on` is the closing one; later rows of the same lease (a migration that rewrites the reason) do not move
-- the time. Doubled rows change neither min nor max.
CREATE OR REPLACE VIEW api_lease_spans AS
SELECT
    s.owner AS owner,
    s.dseq AS dseq,
    s.gseq AS gseq,
    s.oseq AS oseq,
    s.provider AS provider,
    s.bseq AS bseq,
    min(s.created_time) AS created_time,
    minIf(toNullable(s.block_time), s.closed_on > 0 AND s.closed_on = s.height) AS closed_time,
    max(s.closed_on > 0) AS is_over,
    max(s.gpu_units) AS gpu_units
FROM leases AS s
INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
WHERE r.stage = 'state'
  AND s.network = {network:String}
  AND s.height <= {as_of:UInt64}
  AND s.height BETWEEN r.from_height AND r.to_height
GROUP BY owner, dseq, gseq, oseq, provider, bseq

-- @stmt
-- When each provider registered (+1) and left (-1), known at `as_of`. Several changes in one block count once, by the
-- last of them; the end of a block (`tx_index` -2) comes after its transactions.
CREATE OR REPLACE VIEW api_provider_changes AS
SELECT owner, at, toInt64(present) - toInt64(was_present) AS delta
FROM (
    SELECT
        owner, height, at, present,
        lagInFrame(present, 1, toUInt8(0)) OVER (PARTITION BY owner ORDER BY height ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS was_present
    FROM (
        SELECT
            s.owner AS owner,
            s.height AS height,
            min(s.block_time) AS at,
            argMax(toUInt8(s.removed = 0), (multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index), s.msg_index, s.event_index)) AS present
        FROM providers AS s
        INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
        WHERE r.stage = 'state'
          AND s.network = {network:String}
          AND s.height <= {as_of:UInt64}
          AND s.height BETWEEN r.from_height AND r.to_height
        GROUP BY owner, height
    )
)
WHERE delta != 0
