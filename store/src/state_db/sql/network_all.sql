SELECT name, chain_id, kind, first_height, pinned_height, pinned_hash, tip_height, tip_time_ms, tip_seen_ms, note
FROM networks ORDER BY name
