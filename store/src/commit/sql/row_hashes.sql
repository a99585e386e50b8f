SELECT DISTINCT row_hash
FROM {table:Identifier}
WHERE network = {network:String} AND generation = {generation:UInt32} AND {unit:Identifier} BETWEEN {from:UInt64} AND {to:UInt64}
