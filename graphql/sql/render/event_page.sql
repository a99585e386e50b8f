  AND ({has_after:UInt8} = 0
       OR (e.slot, e.signature, e.`outer`, e.`inner`, e.batch, toString(e.kind), e.source_account, e.dest_account)
        < ({after_slot:UInt64}, {after_signature:String}, {after_outer:Int32}, {after_inner:Int32}, {after_batch:Int32}, {after_kind:String}, {after_source:String}, {after_dest:String}))
ORDER BY e.slot DESC, e.signature DESC, e.`outer` DESC, e.`inner` DESC, e.batch DESC, toString(e.kind) DESC, e.source_account DESC, e.dest_account DESC
LIMIT {limit:UInt32}
