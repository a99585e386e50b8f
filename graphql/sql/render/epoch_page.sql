WHERE {has_after:UInt8} = 0 OR e.epoch < {after_epoch:UInt32}
ORDER BY e.epoch DESC
LIMIT {limit:UInt32}
