WHERE ({burn_wallet:String} = '' OR s.owner = {burn_wallet:String} OR s.account = {burn_wallet:String})
  AND ({has_epoch:UInt8} = 0 OR ifNull(s.epoch = {epoch:UInt32}, 0))
  AND toUnixTimestamp64Milli(s.block_time) >= {from_ms:Int64}
  AND toUnixTimestamp64Milli(s.block_time) < {to_ms:Int64}
