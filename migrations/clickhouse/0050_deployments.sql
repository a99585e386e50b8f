-- Deployments, one row per change. `hash` is the manifest's, base64; `created_at` a height.
CREATE TABLE IF NOT EXISTS deployments
(
    network                  LowCardinality(String),
    chain_id                 LowCardinality(String),
    height                   UInt64,
    block_time               DateTime64(3, 'UTC'),
    tx_index                 Int32,
    msg_index                Int32,
    event_index              Int32,
    generation               UInt32,
    row_hash                 UInt64,
    owner                    String,
    dseq                     UInt64,
    state                    LowCardinality(String),
    hash                     String,
    created_at               UInt64,
    reclamation_min_window_s Nullable(UInt64),
    removed                  UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, dseq, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Deployments at `as_of`.
CREATE OR REPLACE VIEW deployments_as_of AS
SELECT
    network, chain_id, height, block_time, owner, dseq, state, hash, created_at, reclamation_min_window_s
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
        s.removed AS removed
    FROM deployments AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, dseq
)
WHERE removed = 0

-- @stmt
-- Groups, one row per change. `spec` is JSON as the chain prints it; resources are sums over all replicas;
-- `gpu_model` lists the models that the tenant accepts, joined by commas (`*`: any).
CREATE TABLE IF NOT EXISTS groups
(
    network       LowCardinality(String),
    chain_id      LowCardinality(String),
    height        UInt64,
    block_time    DateTime64(3, 'UTC'),
    tx_index      Int32,
    msg_index     Int32,
    event_index   Int32,
    generation    UInt32,
    row_hash      UInt64,
    owner         String,
    dseq          UInt64,
    gseq          UInt32,
    state         LowCardinality(String),
    created_at    UInt64,
    spec          String,
    cpu_milli     UInt64,
    memory_bytes  UInt64,
    storage_bytes UInt64,
    gpu_units     UInt64,
    gpu_model     String,
    removed       UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, dseq, gseq, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Groups at `as_of`.
CREATE OR REPLACE VIEW groups_as_of AS
SELECT
    network, chain_id, height, block_time, owner, dseq, gseq, state, created_at, spec, cpu_milli,
    memory_bytes, storage_bytes, gpu_units, gpu_model
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
        s.removed AS removed
    FROM groups AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, dseq, gseq
)
WHERE removed = 0
