SELECT table_name FROM stage_tables WHERE network = $1 AND stage = $2 ORDER BY table_name
