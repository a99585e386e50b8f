SELECT sorting_key FROM system.tables WHERE database = currentDatabase() AND name = {table} AND sorting_key != ''
