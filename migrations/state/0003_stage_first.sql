-- Where a stage begins if not with its network: the state at the height of a snapshot. Null: with the network.
-- Portable: SQLite and PostgreSQL run the same statement.
ALTER TABLE stages ADD COLUMN first_height BIGINT;
