SELECT max(to_height)
FROM live
WHERE network = {network:String} AND stage = 'state'
