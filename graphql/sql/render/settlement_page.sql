  AND ({has_after:UInt8} = 0
       OR (s.slot, s.signature, s.`outer`, s.`inner`, s.batch)
        < ({after_slot:UInt64}, {after_signature:String}, {after_outer:Int32}, {after_inner:Int32}, {after_batch:Int32}))
ORDER BY s.slot DESC, s.signature DESC, s.`outer` DESC, s.`inner` DESC, s.batch DESC
LIMIT {limit:UInt32}
