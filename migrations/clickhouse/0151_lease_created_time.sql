-- A node does not tell the time at which a lease was made, only the height: null for leases that are older than the
-- answered state with which the machine began.
ALTER TABLE leases MODIFY COLUMN created_time Nullable(DateTime64(3, 'UTC'))
