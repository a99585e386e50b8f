SELECT name FROM system.tables
WHERE database = currentDatabase() AND startsWith(name, '_migration_lock_broken_')
  AND dateDiff('second', metadata_modification_time, now()) > 3600
