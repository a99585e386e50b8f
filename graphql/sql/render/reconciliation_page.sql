  AND ({has_after:UInt8} = 0
       OR r.epoch < {after_epoch:UInt32}
       OR (r.epoch = {after_epoch:UInt32} AND (toString(r.measure), toString(r.source)) > ({after_measure:String}, {after_source:String})))
ORDER BY r.epoch DESC, toString(r.measure), toString(r.source)
LIMIT {limit:UInt32}
