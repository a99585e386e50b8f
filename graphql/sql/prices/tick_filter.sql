FROM price_ticks AS t
WHERE t.network = {network:String}
  AND ({asset:String} = '' OR t.asset = {asset:String})
  AND ({source:String} = '' OR t.source = {source:String})
  AND ({status:String} = '' OR t.status = {status:String})
  AND ({has_from:UInt8} = 0 OR t.observed_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC'))
  AND ({has_to:UInt8} = 0 OR t.observed_at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC'))
