-- Escrow accounts, one row per change. The lists are JSON as the chain prints them. Before v1.0.0 accounts have another
-- shape and are written as that upgrade takes them over: the depositor's part as a grant, the owner's as a balance.
CREATE TABLE IF NOT EXISTS escrow_accounts
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
    scope       LowCardinality(String),
    xid         String,
    owner       String,
    state       LowCardinality(String),
    settled_at  UInt64,
    funds       String,
    transferred String,
    deposits    String,
    removed     UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, scope, xid, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Escrow accounts at `as_of`.
CREATE OR REPLACE VIEW escrow_accounts_as_of AS
SELECT
    network, chain_id, height, block_time, scope, xid, owner, state, settled_at, funds, transferred,
    deposits
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.scope AS scope,
        s.xid AS xid,
        s.owner AS owner,
        s.state AS state,
        s.settled_at AS settled_at,
        s.funds AS funds,
        s.transferred AS transferred,
        s.deposits AS deposits,
        s.removed AS removed
    FROM escrow_accounts AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, scope, xid
)
WHERE removed = 0

-- @stmt
-- Escrow payments, one row per change. `rate`, `balance` and `unsettled` are in `denom`; `withdrawn` includes the take.
CREATE TABLE IF NOT EXISTS escrow_payments
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
    account_xid     String,
    xid             String,
    owner           String,
    state           LowCardinality(String),
    denom           LowCardinality(String),
    rate            Decimal(38, 18),
    balance         Decimal(38, 18),
    unsettled       Decimal(38, 18),
    withdrawn       UInt128,
    withdrawn_denom LowCardinality(String),
    removed         UInt8
)
ENGINE = ReplacingMergeTree
ORDER BY (network, account_xid, xid, height, tx_index, msg_index, event_index, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Escrow payments at `as_of`.
CREATE OR REPLACE VIEW escrow_payments_as_of AS
SELECT
    network, chain_id, height, block_time, account_xid, xid, owner, state, denom, rate, balance, unsettled,
    withdrawn, withdrawn_denom
FROM
(
    SELECT
        s.network AS network,
        s.chain_id AS chain_id,
        s.height AS height,
        s.block_time AS block_time,
        s.account_xid AS account_xid,
        s.xid AS xid,
        s.owner AS owner,
        s.state AS state,
        s.denom AS denom,
        s.rate AS rate,
        s.balance AS balance,
        s.unsettled AS unsettled,
        s.withdrawn AS withdrawn,
        s.withdrawn_denom AS withdrawn_denom,
        s.removed AS removed
    FROM escrow_payments AS s
    INNER JOIN live AS r ON s.network = r.network AND s.generation = r.generation
    WHERE r.stage = 'state'
      AND s.network = {network:String}
      AND s.height <= {as_of:UInt64}
      AND s.height BETWEEN r.from_height AND r.to_height
    ORDER BY s.height DESC, if(s.tx_index = -2, 2147483647, s.tx_index) DESC, s.msg_index DESC, s.event_index DESC
    LIMIT 1 BY network, account_xid, xid
)
WHERE removed = 0
