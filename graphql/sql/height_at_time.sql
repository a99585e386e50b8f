-- The last height of [low, high] whose block is not younger than the given time; 0 when there is none.
SELECT max(height) AS last_height
FROM blocks_live
WHERE network = {network:String}
  AND height BETWEEN {low:UInt64} AND {high:UInt64}
  AND block_time <= fromUnixTimestamp64Milli({ms:Int64}, 'UTC')
