  AND ({has_after:UInt8} = 0
       OR (e.slot, e.signature, e.outer, e.inner, e.batch)
        < ({after_slot:UInt64}, {after_signature:String}, {after_outer:Int32}, {after_inner:Int32}, {after_batch:Int32}))
ORDER BY e.slot DESC, e.signature DESC, e.outer DESC, e.inner DESC, e.batch DESC
LIMIT {limit:UInt32}
