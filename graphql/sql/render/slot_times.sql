-- Times (milliseconds since the epoch) of the first and the last slot with a row in [low, high], and how many rows there are. A
-- committed range always has a row at its end; slots in which nothing concerned the token have none.
SELECT
    toUnixTimestamp64Milli(argMin(block_time, slot)) AS first_ms,
    toUnixTimestamp64Milli(argMax(block_time, slot)) AS last_ms,
    count() AS slots
FROM render_slots_live
WHERE network = {network:String} AND slot BETWEEN {low:UInt64} AND {high:UInt64}
