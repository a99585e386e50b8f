-- The vault of the burn-mint equilibrium (v2.0.0+): JSON lists of coins as the chain answers them.
CREATE TABLE IF NOT EXISTS bme_vault
(
    network     LowCardinality(String),
    chain_id    LowCardinality(String),
    height      UInt64,
    block_time  DateTime64(3, 'UTC'),
    tx_index    Int32,
    msg_index   Int32,
    event_index Int32,
    generation  UInt32,
    row_hash    UInt64,
    balances       String,
    total_burned   String,
    total_minted   String,
    remint_credits String,
    removed        UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- The vault at `as_of`: one row, none before v2.0.0.
CREATE OR REPLACE VIEW bme_vault_as_of AS
SELECT
    network, chain_id, height, block_time, balances, total_burned, total_minted, remint_credits
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
        s.removed AS removed
    FROM bme_vault AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network
)
WHERE removed = 0

-- @stmt
-- Records of the burn-mint ledger. `record_height` and `sequence` are of the record's id; `record` is the
-- record as the chain's REST answer prints it (JSON).
CREATE TABLE IF NOT EXISTS bme_ledger
(
    network     LowCardinality(String),
    chain_id    LowCardinality(String),
    height      UInt64,
    block_time  DateTime64(3, 'UTC'),
    tx_index    Int32,
    msg_index   Int32,
    event_index Int32,
    generation  UInt32,
    row_hash    UInt64,
    denom         LowCardinality(String),
    to_denom      LowCardinality(String),
    source        String,
    record_height UInt64,
    sequence      UInt64,
    status        LowCardinality(String),
    record        String,
    removed       UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, denom, to_denom, source, record_height, sequence, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Records known at `as_of`.
CREATE OR REPLACE VIEW bme_ledger_as_of AS
SELECT
    network, chain_id, height, block_time, denom, to_denom, source, record_height, sequence, status, record
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
        s.removed AS removed
    FROM bme_ledger AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, denom, to_denom, source, record_height, sequence
)
WHERE removed = 0
