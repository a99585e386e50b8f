INSERT INTO stage_tables (network, stage, table_name) VALUES ($1, $2, $3)
ON CONFLICT (network, stage, table_name) DO NOTHING
