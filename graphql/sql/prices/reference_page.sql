  AND ({has_after:UInt8} = 0 OR (toString(r.as_of), r.row_id) < ({after_day:String}, {after_row:String}))
ORDER BY as_of_day DESC, row_name DESC
LIMIT {limit:UInt32}
