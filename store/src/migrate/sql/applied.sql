SELECT version, name, sha256, toUnixTimestamp64Milli(applied_at) AS applied_ms
FROM _migrations FINAL
ORDER BY version
