  AND ({has_after:UInt8} = 0 OR (w.epoch, w.owner) < ({after_epoch:UInt32}, {after_recipient:String}))
ORDER BY w.epoch DESC, w.owner DESC
LIMIT {limit:UInt32}
