-- Orders, one row per change. `spec` is the group's when the order was made.
CREATE TABLE IF NOT EXISTS orders
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
    owner       String,
    dseq        UInt64,
    gseq        UInt32,
    oseq        UInt32,
    state       LowCardinality(String),
    created_at  UInt64,
    spec        String,
    removed     UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, dseq, gseq, oseq, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Orders at `as_of`.
CREATE OR REPLACE VIEW orders_as_of AS
SELECT
    network, chain_id, height, block_time, owner, dseq, gseq, oseq, state, created_at, spec
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
        s.removed AS removed
    FROM orders AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, dseq, gseq, oseq
)
WHERE removed = 0

-- @stmt
-- Bids, one row per change. `price` is per block, in base units.
CREATE TABLE IF NOT EXISTS bids
(
    network              LowCardinality(String),
    chain_id             LowCardinality(String),
    height               UInt64,
    block_time           DateTime64(3, 'UTC'),
    tx_index             Int32,
    msg_index            Int32,
    event_index          Int32,
    generation           UInt32,
    row_hash             UInt64,
    owner                String,
    dseq                 UInt64,
    gseq                 UInt32,
    oseq                 UInt32,
    provider             String,
    bseq                 UInt32,
    state                LowCardinality(String),
    price                Decimal(38, 18),
    denom                LowCardinality(String),
    created_at           UInt64,
    resources_offer      String,
    reclamation_window_s Nullable(UInt64),
    removed              UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, dseq, gseq, oseq, provider, bseq, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Bids at `as_of`.
CREATE OR REPLACE VIEW bids_as_of AS
SELECT
    network, chain_id, height, block_time, owner, dseq, gseq, oseq, provider, bseq, state, price, denom,
    created_at, resources_offer, reclamation_window_s
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
        s.removed AS removed
    FROM bids AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, dseq, gseq, oseq, provider, bseq
)
WHERE removed = 0
