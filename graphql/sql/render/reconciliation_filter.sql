WHERE ({has_epoch:UInt8} = 0 OR r.epoch = {epoch:UInt32})
  AND ({measure:String} = '' OR r.measure = {measure:String})
