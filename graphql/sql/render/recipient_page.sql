WHERE {has_after:UInt8} = 0 OR (toUInt64(p.first_epoch), p.owner) < ({after_epoch:UInt64}, {after_owner:String})
ORDER BY p.first_epoch DESC, p.owner DESC
LIMIT {limit:UInt32}
