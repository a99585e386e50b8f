WHERE p.owner = {owner:String}
LIMIT 1
