-- Supply of each denomination in base units: genesis plus minted minus burned.
CREATE TABLE IF NOT EXISTS supply
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
    denom   LowCardinality(String),
    amount  UInt128,
    removed UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, denom, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Supply at `as_of`; a denomination without any is not there.
CREATE OR REPLACE VIEW supply_as_of AS
SELECT
    network, chain_id, height, block_time, denom, amount
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.denom AS denom,
        s.amount AS amount,
        s.removed AS removed
    FROM supply AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, denom
)
WHERE removed = 0
