  AND ({has_after:UInt8} = 0 OR (w.epoch, w.recipient) < ({after_epoch:UInt32}, {after_recipient:String}))
ORDER BY w.epoch DESC, w.recipient DESC
LIMIT {limit:UInt32}
