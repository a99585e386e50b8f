-- Attributes that an auditor signed of a provider: a JSON list of {key, value} in the chain's order.
CREATE TABLE IF NOT EXISTS audits
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
    auditor    String,
    attributes String,
    removed    UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, auditor, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Audits in force at `as_of`.
CREATE OR REPLACE VIEW audits_as_of AS
SELECT
    network, chain_id, height, block_time, owner, auditor, attributes
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
        s.removed AS removed
    FROM audits AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, owner, auditor
)
WHERE removed = 0
