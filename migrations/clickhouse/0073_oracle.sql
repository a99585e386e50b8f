-- Prices in the oracle's store. `sequence` is the number within the block from v2.1.0 on, and the height that
-- stored the price before. A price that was pruned or wiped has a row with `removed` = 1.
CREATE TABLE IF NOT EXISTS oracle_prices
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
    source     UInt32,
    denom      LowCardinality(String),
    base_denom LowCardinality(String),
    price_time DateTime64(9, 'UTC'),
    sequence   UInt64,
    price      Decimal(38, 18),
    removed    UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, source, denom, base_denom, price_time, sequence, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Prices in the store at `as_of`.
CREATE OR REPLACE VIEW oracle_prices_as_of AS
SELECT
    network, chain_id, height, block_time, source, denom, base_denom, price_time, sequence, price
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
        s.removed AS removed
    FROM oracle_prices AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, source, denom, base_denom, price_time, sequence
)
WHERE removed = 0

-- @stmt
-- The oracle's aggregate and health by asset, one row per block in which it was told.
CREATE TABLE IF NOT EXISTS oracle_status
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
    denom        LowCardinality(String),
    median_price Nullable(Decimal(38, 18)),
    twap         Nullable(Decimal(38, 18)),
    healthy      UInt8,
    removed      UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, denom, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Aggregate and health at `as_of`.
CREATE OR REPLACE VIEW oracle_status_as_of AS
SELECT
    network, chain_id, height, block_time, denom, median_price, twap, healthy
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
        s.removed AS removed
    FROM oracle_status AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, denom
)
WHERE removed = 0
