-- What the Akash Console counts as spent (its accrual), by denomination, one row per change of the rate. `spent` is the sum up
-- to and including `height`; with each further block `rate` is added, so the sum at a later height h, up to the next row, is
-- spent + rate * (h - height). `since`: height with whose end the count began (0: the genesis). `active_leases` and the
-- resources are those that make up the rate. It is an estimate from messages, not what escrow paid: see lease_payouts.
CREATE TABLE IF NOT EXISTS accrued_spend
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
    denom         LowCardinality(String),
    since         UInt64,
    rate          Decimal(38, 18),
    spent         Decimal(38, 18),
    active_leases UInt64,
    cpu_milli     UInt64,
    memory_bytes  UInt64,
    storage_bytes UInt64,
    gpu_units     UInt64,
    removed       UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, denom, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
ALTER TABLE accrued_spend ADD COLUMN IF NOT EXISTS origin LowCardinality(String) MATERIALIZED if(tx_index = -3, 'snapshot', 'block')

-- @stmt
-- All rows up to `as_of`, each height of a denomination once.
CREATE OR REPLACE VIEW accrued_spend_rows AS
SELECT
    s.denom AS denom,
    s.height AS height,
    s.block_time AS block_time,
    s.since AS since,
    s.rate AS rate,
    s.spent AS spent,
    s.active_leases AS active_leases,
    s.cpu_milli AS cpu_milli,
    s.memory_bytes AS memory_bytes,
    s.storage_bytes AS storage_bytes,
    s.gpu_units AS gpu_units
FROM accrued_spend AS s
INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
WHERE r.stage = 'state'
  AND s.network = {network:String}
  AND s.height <= {as_of:UInt64}
  AND s.height BETWEEN r.from_height AND r.to_height
  AND s.removed = 0
ORDER BY s.denom, s.height, multiIf(s.tx_index = -3, 2147483647, s.tx_index = -2, 2147483646, s.tx_index) DESC, s.event_index DESC
LIMIT 1 BY s.denom, s.height

-- @stmt
-- Spending at `as_of`: `spent_total` holds exactly at that height.
CREATE OR REPLACE VIEW accrued_spend_as_of AS
SELECT
    denom,
    since,
    height,
    rate,
    toDecimal256(spent, 18) + toDecimal256(rate, 18) * ({as_of:UInt64} - height) AS spent_total,
    active_leases, cpu_milli, memory_bytes, storage_bytes, gpu_units
FROM
(
    SELECT *
    FROM accrued_spend_rows(network = {network:String}, as_of = {as_of:UInt64})
    ORDER BY height DESC
    LIMIT 1 BY denom
)

-- @stmt
-- Spending of each UTC day as the Console computes it: the sum at the day's last block less that at the last block of the day
-- before. The first day counts from `since`; the last one ends at `as_of`. A day before the first spending has no row.
CREATE OR REPLACE VIEW accrued_spend_daily AS
SELECT
    day, denom, last_height, spent_total,
    spent_total - lagInFrame(spent_total, 1, toDecimal256(0, 18))
        OVER (PARTITION BY denom ORDER BY day ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS spent,
    rate, active_leases, gpu_units
FROM
(
    SELECT
        d.day AS day,
        d.last_height AS last_height,
        s.denom AS denom,
        toDecimal256(s.spent, 18) + toDecimal256(s.rate, 18) * (d.last_height - s.height) AS spent_total,
        s.rate AS rate,
        s.active_leases AS active_leases,
        s.gpu_units AS gpu_units
    FROM
    (
        SELECT e.day AS day, e.last_height AS last_height, k.denom AS denom
        FROM
        (
            SELECT toDate(block_time, 'UTC') AS day, max(height) AS last_height
            FROM blocks_live
            WHERE network = {network:String} AND height <= {as_of:UInt64}
            GROUP BY day
        ) AS e
        CROSS JOIN (SELECT DISTINCT denom FROM accrued_spend_rows(network = {network:String}, as_of = {as_of:UInt64})) AS k
    ) AS d
    ASOF INNER JOIN accrued_spend_rows(network = {network:String}, as_of = {as_of:UInt64}) AS s
        ON d.denom = s.denom AND d.last_height >= s.height
)

-- @stmt
-- Spending of the 24 hours before `as_of` as the Console computes it: the sum at `as_of` less that at the first block which is not
-- older than 24 hours by the clock of the blocks. `from_height` is that block.
CREATE OR REPLACE VIEW accrued_spend_24h AS
SELECT
    s.denom AS denom,
    any(w.from_height) AS from_height,
    argMax(toDecimal256(s.spent, 18) + toDecimal256(s.rate, 18) * ({as_of:UInt64} - s.height), s.height)
        - argMaxIf(toDecimal256(s.spent, 18) + toDecimal256(s.rate, 18) * (w.from_height - s.height), s.height, s.height <= w.from_height) AS spent
FROM accrued_spend_rows(network = {network:String}, as_of = {as_of:UInt64}) AS s
CROSS JOIN
(
    SELECT min(b.height) AS from_height
    FROM blocks_live AS b
    CROSS JOIN
    (
        SELECT max(block_time) AS newest
        FROM blocks_live
        WHERE network = {network:String} AND height <= {as_of:UInt64}
    ) AS t
    WHERE b.network = {network:String} AND b.height <= {as_of:UInt64} AND b.block_time >= t.newest - INTERVAL 1 DAY
) AS w
WHERE w.from_height > 0
GROUP BY s.denom
