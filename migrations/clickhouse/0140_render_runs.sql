-- Unbroken runs of slots whose facts are live. Neighbours of different generations are one run.
CREATE OR REPLACE VIEW render_runs AS
SELECT network, min(from_height) AS from_slot, max(to_height) AS to_slot
FROM
(
    SELECT
        network, from_height, to_height,
        sum(begins) OVER (PARTITION BY network ORDER BY from_height ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
    FROM
    (
        SELECT
            network, from_height, to_height,
            toUInt64(from_height != 1 + lagInFrame(to_height, 1, toUInt64(0))
                OVER (PARTITION BY network ORDER BY from_height ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)) AS begins
        FROM live
        WHERE stage = 'facts'
    )
)
GROUP BY network, run

-- @stmt
-- The run that holds `as_of`, or else the last one before it, cut at `as_of`: one row, or none. Audits look no further, for
-- a balance may have moved in a gap between two runs.
CREATE OR REPLACE VIEW render_run_as_of AS
SELECT network, from_slot, least(to_slot, {as_of:UInt64}) AS to_slot
FROM render_runs
WHERE network = {network:String} AND from_slot <= {as_of:UInt64}
ORDER BY from_slot DESC
LIMIT 1

-- @stmt
-- Each epoch of the newest list of boundaries. `begun`: its first slot or its begin is at or before what is indexed.
-- `ended`: so is its end. `complete`: one run holds all of it, by slots where the boundary has them, or else by times: a slot
-- of the run at or before its begin and one at or after its end. `is_final`: the next epoch is complete, too, for burns and
-- payouts of an epoch arrive late.
CREATE OR REPLACE VIEW render_epoch_spans_as_of AS
SELECT
    epoch, starts_at, ends_at, from_slot, to_slot, basis, begun, ended, complete,
    toUInt8(complete AND leadInFrame(epoch, 1, epoch) OVER next_epoch = epoch + 1
        AND leadInFrame(complete, 1, toUInt8(0)) OVER next_epoch) AS is_final
FROM
(
    SELECT
        b.epoch AS epoch,
        any(b.starts_at) AS starts_at,
        any(b.ends_at) AS ends_at,
        any(b.from_slot) AS from_slot,
        any(b.to_slot) AS to_slot,
        any(b.basis) AS basis,
        max(toUInt8(r.indexed = 1 AND if(isNull(b.from_slot), r.rows > 0 AND b.starts_at <= r.last_time, ifNull(b.from_slot, 0) <= {as_of:UInt64}))) AS begun,
        max(toUInt8(r.indexed = 1 AND if(isNull(b.to_slot), r.rows > 0 AND b.ends_at <= r.last_time, ifNull(b.to_slot, 0) <= {as_of:UInt64}))) AS ended,
        max(toUInt8(r.indexed = 1 AND if(isNull(b.from_slot) OR isNull(b.to_slot),
            r.rows > 0 AND r.first_time <= b.starts_at AND b.ends_at <= r.last_time,
            r.from_slot <= ifNull(b.from_slot, 0) AND ifNull(b.to_slot, 0) <= r.to_slot))) AS complete
    FROM (SELECT * FROM render_epoch_boundaries_newest WHERE network = {network:String}) AS b
    LEFT JOIN
    (
        SELECT
            run.network AS network,
            1 AS indexed,
            run.from_slot AS from_slot,
            least(run.to_slot, {as_of:UInt64}) AS to_slot,
            countIf(s.timed = 1 AND s.slot BETWEEN run.from_slot AND run.to_slot) AS rows,
            minIf(s.block_time, s.timed = 1 AND s.slot BETWEEN run.from_slot AND run.to_slot) AS first_time,
            maxIf(s.block_time, s.timed = 1 AND s.slot BETWEEN run.from_slot AND run.to_slot) AS last_time
        FROM (SELECT * FROM render_runs WHERE network = {network:String} AND from_slot <= {as_of:UInt64}) AS run
        LEFT JOIN
        (
            SELECT network, 1 AS timed, slot, block_time
            FROM render_slots_live
            WHERE network = {network:String} AND slot <= {as_of:UInt64} AND block_time > toDateTime64(0, 3, 'UTC')
        ) AS s ON s.network = run.network
        GROUP BY network, from_slot, to_slot
    ) AS r ON r.network = b.network
    GROUP BY epoch
)
WINDOW next_epoch AS (ORDER BY epoch ASC ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)
