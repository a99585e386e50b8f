  AND ({has_after:UInt8} = 0 OR (toUnixTimestamp64Milli(t.observed_at), toString(t.source), t.sequence, t.item)
      < ({after_ms:Int64}, {after_source:String}, {after_entry:UInt64}, {after_item:UInt32}))
ORDER BY observed_ms DESC, source_name DESC, entry DESC, entry_item DESC
LIMIT {limit:UInt32}
