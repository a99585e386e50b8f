-- The lowest stored block of a network.
SELECT height, hash
FROM blocks_live
WHERE network = {network:String}
ORDER BY height
LIMIT 1
