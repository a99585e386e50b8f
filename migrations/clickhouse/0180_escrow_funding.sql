-- How far the money of a deployment's escrow account reaches, one row per change of the account or its payments.
-- `rate` is the sum of the open payments' rates per block, `available` what is left to pay them. `predicted_close` is the
-- first height at which a settlement would find the account overdrawn, by the rules of the chain's version at that row (whole
-- units from v1.1.0 on); null: nothing is due. `console_predicted_close` is ceil(settled_at + available / rate), the height
-- by which the Akash Console stops counting the leases.
CREATE TABLE IF NOT EXISTS escrow_funding
(
    network                 LowCardinality(String),
    chain_id                LowCardinality(String),
    height                  UInt64,
    block_time              DateTime64(3, 'UTC'),
    tx_index                Int32,
    msg_index               Int32,
    event_index             Int32,
    generation              UInt32,
    row_hash                UInt64,
    xid                     String,
    denom                   LowCardinality(String),
    settled_at              UInt64,
    rate                    Decimal(38, 18),
    available               Decimal(38, 18),
    predicted_close         Nullable(UInt64),
    console_predicted_close Nullable(UInt64),
    removed                 UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, xid, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
ALTER TABLE escrow_funding ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
-- Funding of escrow accounts at `as_of`.
CREATE OR REPLACE VIEW escrow_funding_as_of AS
SELECT
    network, chain_id, height, block_time, xid, denom, settled_at, rate, available, predicted_close,
    console_predicted_close
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.xid AS xid,
        s.denom AS denom,
        s.settled_at AS settled_at,
        s.rate AS rate,
        s.available AS available,
        s.predicted_close AS predicted_close,
        s.console_predicted_close AS console_predicted_close,
        s.removed AS removed
    FROM escrow_funding AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, xid
)
WHERE removed = 0

-- @stmt
-- Leases that run at `as_of` (active or reclaiming on the chain) with the funding of their deployment's account. `funded`: a
-- settlement at `as_of` would still find the money; `console_funded`: the same by the Console's definition. A lease that is
-- not funded is a zombie: nobody has told the chain yet that its money is used up.
CREATE OR REPLACE VIEW lease_funding_as_of AS
SELECT
    l.owner AS owner, l.dseq AS dseq, l.gseq AS gseq, l.oseq AS oseq, l.provider AS provider, l.bseq AS bseq,
    l.state AS state, l.price AS price, l.denom AS denom, l.created_at AS created_at,
    l.cpu_milli AS cpu_milli, l.memory_bytes AS memory_bytes, l.storage_bytes AS storage_bytes,
    l.gpu_units AS gpu_units, l.gpu_model AS gpu_model, l.gpu_resolved_by AS gpu_resolved_by,
    f.settled_at AS settled_at,
    f.predicted_close AS predicted_close,
    f.console_predicted_close AS console_predicted_close,
    toUInt8(f.xid != '' AND ifNull(f.predicted_close > {as_of:UInt64}, 1)) AS funded,
    toUInt8(f.xid != '' AND ifNull(f.console_predicted_close > {as_of:UInt64}, 1)) AS console_funded
FROM leases_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS l
LEFT JOIN escrow_funding_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS f
    ON f.xid = concat(l.owner, '/', toString(l.dseq))
WHERE l.state IN ('active', 'reclaiming')
