SELECT toString(uuid) AS uuid, comment AS owner, toUInt64(greatest(0, dateDiff('second', metadata_modification_time, now()))) AS age_s
FROM system.tables
WHERE database = currentDatabase() AND name = '_migration_lock'
