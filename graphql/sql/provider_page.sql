WHERE {has_after:UInt8} = 0 OR (p.created_at, p.owner) < ({after_created:UInt64}, {after_owner:String})
ORDER BY p.created_at DESC, p.owner DESC
LIMIT {limit:UInt32}
