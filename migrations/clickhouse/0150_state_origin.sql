-- Whether a row of the state was derived from a block or asked of a node (`tx_index` -3: the state at the end of its
-- height). Rows of before this column get it, too: it follows from the row.
ALTER TABLE deployments ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE groups ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE orders ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE bids ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE leases ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE escrow_accounts ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE escrow_payments ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE providers ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE provider_attributes ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE audits ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE bme_vault ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE bme_ledger ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE oracle_prices ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE oracle_status ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE supply ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
ALTER TABLE stranded_deposits ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')
