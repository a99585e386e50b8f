WHERE e.network = {network:String} AND e.slot <= {as_of:UInt64}
  AND ({class:String} = '' OR e.class = {class:String})
  AND ({kind:String} = '' OR e.kind = {kind:String})
  AND ({signature:String} = '' OR e.signature = {signature:String})
  AND ({account:String} = ''
       OR has([e.source_account, e.source_owner, e.dest_account, e.dest_owner], {account:String}))
  AND toUnixTimestamp64Milli(e.block_time) >= {from_ms:Int64}
  AND toUnixTimestamp64Milli(e.block_time) < {to_ms:Int64}
