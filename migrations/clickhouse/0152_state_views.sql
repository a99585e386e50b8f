-- The same views as before, with the origin of each row. An answered state is that of the end of its height, and comes
-- after the end of the block.
-- Deployments at `as_of`.
CREATE OR REPLACE VIEW deployments_as_of AS
SELECT
    network, chain_id, height, block_time, owner, dseq, state, hash, created_at, reclamation_min_window_s, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.owner AS owner,
        s.dseq AS dseq,
        s.state AS state,
        s.hash AS hash,
        s.created_at AS created_at,
        s.reclamation_min_window_s AS reclamation_min_window_s,
        s.origin AS origin,
        s.removed AS removed
    FROM deployments AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, dseq
)
WHERE removed = 0

-- @stmt
-- Groups at `as_of`.
CREATE OR REPLACE VIEW groups_as_of AS
SELECT
    network, chain_id, height, block_time, owner, dseq, gseq, state, created_at, spec, cpu_milli,
    memory_bytes, storage_bytes, gpu_units, gpu_model, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.owner AS owner,
        s.dseq AS dseq,
        s.gseq AS gseq,
        s.state AS state,
        s.created_at AS created_at,
        s.spec AS spec,
        s.cpu_milli AS cpu_milli,
        s.memory_bytes AS memory_bytes,
        s.storage_bytes AS storage_bytes,
        s.gpu_units AS gpu_units,
        s.gpu_model AS gpu_model,
        s.origin AS origin,
        s.removed AS removed
    FROM groups AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, dseq, gseq
)
WHERE removed = 0

-- @stmt
-- Orders at `as_of`.
CREATE OR REPLACE VIEW orders_as_of AS
SELECT
    network, chain_id, height, block_time, owner, dseq, gseq, oseq, state, created_at, spec, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.owner AS owner,
        s.dseq AS dseq,
        s.gseq AS gseq,
        s.oseq AS oseq,
        s.state AS state,
        s.created_at AS created_at,
        s.spec AS spec,
        s.origin AS origin,
        s.removed AS removed
    FROM orders AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, dseq, gseq, oseq
)
WHERE removed = 0

-- @stmt
-- Bids at `as_of`.
CREATE OR REPLACE VIEW bids_as_of AS
SELECT
    network, chain_id, height, block_time, owner, dseq, gseq, oseq, provider, bseq, state, price, denom,
    created_at, resources_offer, reclamation_window_s, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.owner AS owner,
        s.dseq AS dseq,
        s.gseq AS gseq,
        s.oseq AS oseq,
        s.provider AS provider,
        s.bseq AS bseq,
        s.state AS state,
        s.price AS price,
        s.denom AS denom,
        s.created_at AS created_at,
        s.resources_offer AS resources_offer,
        s.reclamation_window_s AS reclamation_window_s,
        s.origin AS origin,
        s.removed AS removed
    FROM bids AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, dseq, gseq, oseq, provider, bseq
)
WHERE removed = 0

-- @stmt
-- Leases at `as_of`, closed ones included.
CREATE OR REPLACE VIEW leases_as_of AS
SELECT
    network, chain_id, height, block_time, owner, dseq, gseq, oseq, provider, bseq, state, price, denom,
    created_at, created_time, closed_on, reason, reason_in_state, reclamation, cpu_milli, memory_bytes,
    storage_bytes, gpu_units, gpu_vendor, gpu_model, gpu_ram, gpu_interface, gpu_resolved_by, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.owner AS owner,
        s.dseq AS dseq,
        s.gseq AS gseq,
        s.oseq AS oseq,
        s.provider AS provider,
        s.bseq AS bseq,
        s.state AS state,
        s.price AS price,
        s.denom AS denom,
        s.created_at AS created_at,
        s.created_time AS created_time,
        s.closed_on AS closed_on,
        s.reason AS reason,
        s.reason_in_state AS reason_in_state,
        s.reclamation AS reclamation,
        s.cpu_milli AS cpu_milli,
        s.memory_bytes AS memory_bytes,
        s.storage_bytes AS storage_bytes,
        s.gpu_units AS gpu_units,
        s.gpu_vendor AS gpu_vendor,
        s.gpu_model AS gpu_model,
        s.gpu_ram AS gpu_ram,
        s.gpu_interface AS gpu_interface,
        s.gpu_resolved_by AS gpu_resolved_by,
        s.origin AS origin,
        s.removed AS removed
    FROM leases AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, dseq, gseq, oseq, provider, bseq
)
WHERE removed = 0

-- @stmt
-- Escrow accounts at `as_of`.
CREATE OR REPLACE VIEW escrow_accounts_as_of AS
SELECT
    network, chain_id, height, block_time, scope, xid, owner, state, settled_at, funds, transferred,
    deposits, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.scope AS scope,
        s.xid AS xid,
        s.owner AS owner,
        s.state AS state,
        s.settled_at AS settled_at,
        s.funds AS funds,
        s.transferred AS transferred,
        s.deposits AS deposits,
        s.origin AS origin,
        s.removed AS removed
    FROM escrow_accounts AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, scope, xid
)
WHERE removed = 0

-- @stmt
-- Escrow payments at `as_of`.
CREATE OR REPLACE VIEW escrow_payments_as_of AS
SELECT
    network, chain_id, height, block_time, account_xid, xid, owner, state, denom, rate, balance, unsettled,
    withdrawn, withdrawn_denom, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.account_xid AS account_xid,
        s.xid AS xid,
        s.owner AS owner,
        s.state AS state,
        s.denom AS denom,
        s.rate AS rate,
        s.balance AS balance,
        s.unsettled AS unsettled,
        s.withdrawn AS withdrawn,
        s.withdrawn_denom AS withdrawn_denom,
        s.origin AS origin,
        s.removed AS removed
    FROM escrow_payments AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, account_xid, xid
)
WHERE removed = 0

-- @stmt
-- Providers that were registered at `as_of`.
CREATE OR REPLACE VIEW providers_as_of AS
SELECT
    network, chain_id, height, block_time, owner, host_uri, email, website, created_at, attributes, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.owner AS owner,
        s.host_uri AS host_uri,
        s.email AS email,
        s.website AS website,
        s.created_at AS created_at,
        s.attributes AS attributes,
        s.origin AS origin,
        s.removed AS removed
    FROM providers AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner
)
WHERE removed = 0

-- @stmt
-- Attributes that providers had at `as_of`.
CREATE OR REPLACE VIEW provider_attributes_as_of AS
SELECT
    network, chain_id, height, block_time, owner, key, value, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.owner AS owner,
        s.key AS key,
        s.value AS value,
        s.origin AS origin,
        s.removed AS removed
    FROM provider_attributes AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, key, value
)
WHERE removed = 0

-- @stmt
-- Audits in force at `as_of`.
CREATE OR REPLACE VIEW audits_as_of AS
SELECT
    network, chain_id, height, block_time, owner, auditor, attributes, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.owner AS owner,
        s.auditor AS auditor,
        s.attributes AS attributes,
        s.origin AS origin,
        s.removed AS removed
    FROM audits AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, auditor
)
WHERE removed = 0

-- @stmt
-- The vault at `as_of`: one row, none before v2.0.0.
CREATE OR REPLACE VIEW bme_vault_as_of AS
SELECT
    network, chain_id, height, block_time, balances, total_burned, total_minted, remint_credits, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.balances AS balances,
        s.total_burned AS total_burned,
        s.total_minted AS total_minted,
        s.remint_credits AS remint_credits,
        s.origin AS origin,
        s.removed AS removed
    FROM bme_vault AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network
)
WHERE removed = 0

-- @stmt
-- Records known at `as_of`.
CREATE OR REPLACE VIEW bme_ledger_as_of AS
SELECT
    network, chain_id, height, block_time, denom, to_denom, source, record_height, sequence, status, record, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.denom AS denom,
        s.to_denom AS to_denom,
        s.source AS source,
        s.record_height AS record_height,
        s.sequence AS sequence,
        s.status AS status,
        s.record AS record,
        s.origin AS origin,
        s.removed AS removed
    FROM bme_ledger AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, denom, to_denom, source, record_height, sequence
)
WHERE removed = 0

-- @stmt
-- Prices in the store at `as_of`.
CREATE OR REPLACE VIEW oracle_prices_as_of AS
SELECT
    network, chain_id, height, block_time, source, denom, base_denom, price_time, sequence, price, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.source AS source,
        s.denom AS denom,
        s.base_denom AS base_denom,
        s.price_time AS price_time,
        s.sequence AS sequence,
        s.price AS price,
        s.origin AS origin,
        s.removed AS removed
    FROM oracle_prices AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, source, denom, base_denom, price_time, sequence
)
WHERE removed = 0

-- @stmt
-- Aggregate and health at `as_of`.
CREATE OR REPLACE VIEW oracle_status_as_of AS
SELECT
    network, chain_id, height, block_time, denom, median_price, twap, healthy, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.denom AS denom,
        s.median_price AS median_price,
        s.twap AS twap,
        s.healthy AS healthy,
        s.origin AS origin,
        s.removed AS removed
    FROM oracle_status AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, denom
)
WHERE removed = 0

-- @stmt
-- Supply at `as_of`; a denomination without any is not there.
CREATE OR REPLACE VIEW supply_as_of AS
SELECT
    network, chain_id, height, block_time, denom, amount, origin
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.denom AS denom,
        s.amount AS amount,
        s.origin AS origin,
        s.removed AS removed
    FROM supply AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY
        s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC,
        s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, denom
)
WHERE removed = 0
