-- Payouts of leases: `gross` is what the lease's payment gave, `take_fee` the community pool's part, `net` the
-- provider's. A debt that is paid in AKT while BME is halted is a row in uakt.
CREATE TABLE IF NOT EXISTS lease_payouts
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
    provider    String,
    bseq        UInt32,
    gross       UInt128,
    take_fee    UInt128,
    net         UInt128,
    denom       LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, dseq, gseq, oseq, provider, bseq, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Leases whose price the v2.0.0 migration changed without an event. `akt_price` is new units for one old (1 for axlUSDC).
CREATE TABLE IF NOT EXISTS lease_repriced
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
    provider    String,
    bseq        UInt32,
    old_denom   LowCardinality(String),
    old_price   Decimal(38, 18),
    new_denom   LowCardinality(String),
    new_price   Decimal(38, 18),
    akt_price   Decimal(38, 18)
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, dseq, gseq, oseq, provider, bseq, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Dues that left a tenant's account for a lease and reached nobody. `why`: lease_created (another lease of the same
-- deployment was made), not_stored (v1.0.x), account_closed_twice_settled (closed in the block of the last settlement),
-- v1.1.0_repair (balances that the upgrade wiped).
CREATE TABLE IF NOT EXISTS lost_dues
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
    provider    String,
    bseq        UInt32,
    amount      Decimal(38, 18),
    denom       LowCardinality(String),
    why         LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, dseq, gseq, oseq, provider, bseq, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Deposits of losing bids that the chain left open when the lease was made (`released` 0), and their release (`released` 1).
CREATE TABLE IF NOT EXISTS stranded_deposits
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
    provider    String,
    bseq        UInt32,
    amount      UInt128,
    denom       LowCardinality(String),
    released    UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, dseq, gseq, oseq, provider, bseq, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- The machine against the block. `transfers`: one row per block that pays or refunds, computed and observed transfers out of
-- the escrow module account, `{recipient: {denom: amount}}`. `events`: only where they differ, announced events that are
-- missing and observed ones that nothing announced.
CREATE TABLE IF NOT EXISTS settlement_audit
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
    subject     LowCardinality(String),
    expected    String,
    observed    String,
    ok          UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000
