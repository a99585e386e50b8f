-- Rewards that the Foundation reports as due, per channel and period, in base units. Periods of some channels are months,
-- so `epoch` numbers count per channel. A newer reading of the same period replaces the older one.
CREATE TABLE IF NOT EXISTS offchain_render_liabilities
(
    network    LowCardinality(String),
    source     LowCardinality(String),
    epoch      UInt32,
    channel    LowCardinality(String),
    starts_at  DateTime64(3, 'UTC'),
    ends_at    DateTime64(3, 'UTC'),
    amount_due UInt64,
    wallets    UInt32,
    fetched_at DateTime64(3, 'UTC'),
    document   String,
    evidence   LowCardinality(String)
)
ENGINE = ReplacingMergeTree(fetched_at)
ORDER BY (network, source, channel, epoch, starts_at)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- The newest reading of each period.
CREATE OR REPLACE VIEW offchain_render_liabilities_newest AS
SELECT *
FROM offchain_render_liabilities FINAL
