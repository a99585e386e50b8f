WHERE ({state:String} = '' OR state = {state:String})
  AND ({provider:String} = '' OR provider = {provider:String})
  AND ({owner:String} = '' OR owner = {owner:String})
  AND ({gpu_model:String} = '' OR gpu_model = {gpu_model:String})
  AND ({has_after:UInt8} = 0
       OR (created_at, owner, dseq, gseq, oseq, provider, bseq)
        < ({after_created:UInt64}, {after_owner:String}, {after_dseq:UInt64}, {after_gseq:UInt32}, {after_oseq:UInt32}, {after_provider:String}, {after_bseq:UInt32}))
ORDER BY created_at DESC, owner DESC, dseq DESC, gseq DESC, oseq DESC, provider DESC, bseq DESC
LIMIT {limit:UInt32}
