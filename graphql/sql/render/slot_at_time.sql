-- The last slot of [low, high] that has a row and is not younger than the given time; 0 when there is none.
SELECT max(slot) AS last_height
FROM render_slots_live
WHERE network = {network:String}
  AND slot BETWEEN {low:UInt64} AND {high:UInt64}
  AND block_time <= fromUnixTimestamp64Milli({ms:Int64}, 'UTC')
