WHERE ({has_epoch:UInt8} = 0 OR w.epoch = {epoch:UInt32})
  AND ({recipient:String} = '' OR w.owner = {recipient:String})
