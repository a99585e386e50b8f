-- Block times (milliseconds since the epoch) at the given heights. A height that is not committed has no row. The height of
-- a snapshot has no block here: its rows tell the time.
SELECT height, max(time) AS time_ms
FROM (
    SELECT height, toUnixTimestamp64Milli(block_time) AS time
    FROM blocks_live
    WHERE network = {network:String} AND has({heights:Array(UInt64)}, height)
    UNION ALL
    SELECT height, toUnixTimestamp64Milli(block_time) AS time
    FROM supply
    WHERE network = {network:String} AND has({heights:Array(UInt64)}, height) AND tx_index = -3
)
GROUP BY height
ORDER BY height
