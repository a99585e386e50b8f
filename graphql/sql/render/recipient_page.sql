WHERE {has_after:UInt8} = 0 OR (toUInt64(ifNull(p.first_epoch, 0)), p.owner) < ({after_epoch:UInt64}, {after_owner:String})
ORDER BY toUInt64(ifNull(p.first_epoch, 0)) DESC, p.owner DESC
LIMIT {limit:UInt32}
