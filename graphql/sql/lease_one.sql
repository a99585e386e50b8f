WHERE owner = {owner:String} AND dseq = {dseq:UInt64} AND gseq = {gseq:UInt32} AND oseq = {oseq:UInt32}
  AND provider = {provider:String} AND bseq = {bseq:UInt32}
LIMIT 1
