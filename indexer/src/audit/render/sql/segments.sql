-- What readers see of the facts of a network, lowest first.
SELECT from_height, to_height
FROM live
WHERE network = {network:String} AND stage = 'facts'
ORDER BY from_height
