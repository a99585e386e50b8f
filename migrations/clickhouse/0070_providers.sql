-- Provider records, one row per change. `attributes` is a JSON list of {key, value} in the chain's order;
-- `created_at` is the height of registration, 0 for the genesis.
CREATE TABLE IF NOT EXISTS providers
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
    owner      String,
    host_uri   String,
    email      String,
    website    String,
    created_at UInt64,
    attributes String,
    removed    UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Providers that were registered at `as_of`.
CREATE OR REPLACE VIEW providers_as_of AS
SELECT
    network, chain_id, height, block_time, owner, host_uri, email, website, created_at, attributes
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
        s.removed AS removed
    FROM providers AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner
)
WHERE removed = 0

-- @stmt
-- One row per attribute that a provider gained or lost; the object is the whole triple.
CREATE TABLE IF NOT EXISTS provider_attributes
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
    owner   String,
    key     String,
    value   String,
    removed UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, key, value, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Attributes that providers had at `as_of`.
CREATE OR REPLACE VIEW provider_attributes_as_of AS
SELECT
    network, chain_id, height, block_time, owner, key, value
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
        s.removed AS removed
    FROM provider_attributes AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, key, value
)
WHERE removed = 0
