-- Leases, one row per change. `reason` is what the closing event said, `reason_in_state` what the chain's state
-- answers (v1.0 and v1.1 never stored it). `closed_on` is 0 while the lease runs. Resources are sums over all replicas;
-- `gpu_resolved_by` says how the model became known: offer, group, provider, unknown, none.
CREATE TABLE IF NOT EXISTS leases
(
    network         LowCardinality(String),
    chain_id        LowCardinality(String),
    height          UInt64,
    block_time      DateTime64(3, 'UTC'),
    tx_index        Int32,
    msg_index       Int32,
    event_index     Int32,
    generation      UInt32,
    row_hash        UInt64,
    owner           String,
    dseq            UInt64,
    gseq            UInt32,
    oseq            UInt32,
    provider        String,
    bseq            UInt32,
    state           LowCardinality(String),
    price           Decimal(38, 18),
    denom           LowCardinality(String),
    created_at      UInt64,
    created_time    DateTime64(3, 'UTC'),
    closed_on       UInt64,
    reason          LowCardinality(String),
    reason_in_state LowCardinality(String),
    reclamation     String,
    cpu_milli       UInt64,
    memory_bytes    UInt64,
    storage_bytes   UInt64,
    gpu_units       UInt64,
    gpu_vendor      LowCardinality(String),
    gpu_model       LowCardinality(String),
    gpu_ram         LowCardinality(String),
    gpu_interface   LowCardinality(String),
    gpu_resolved_by LowCardinality(String),
    removed         UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, dseq, gseq, oseq, provider, bseq, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Leases at `as_of`, closed ones included.
CREATE OR REPLACE VIEW leases_as_of AS
SELECT
    network, chain_id, height, block_time, owner, dseq, gseq, oseq, provider, bseq, state, price, denom,
    created_at, created_time, closed_on, reason, reason_in_state, reclamation, cpu_milli, memory_bytes,
    storage_bytes, gpu_units, gpu_vendor, gpu_model, gpu_ram, gpu_interface, gpu_resolved_by
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
        s.removed AS removed
    FROM leases AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, dseq, gseq, oseq, provider, bseq
)
WHERE removed = 0
