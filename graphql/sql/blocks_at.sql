-- Block times (milliseconds since the epoch) at the given heights. A height that is not committed has no row.
SELECT height, toUnixTimestamp64Milli(block_time) AS time_ms
FROM blocks_live
WHERE network = {network:String} AND has({heights:Array(UInt64)}, height)
ORDER BY height
