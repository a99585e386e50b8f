-- What others report of an epoch, beside the chain and never mixed with it. `network` is the one that the report is about.
-- Amounts are RENDER and US dollars as published; `credits` is a unit of the reporter, not a token. `document` is the
-- SHA-256 of what was read. A newer reading of the same epoch replaces the older one.
CREATE TABLE IF NOT EXISTS offchain_render_epochs
(
    network           LowCardinality(String),
    source            LowCardinality(String),
    epoch             UInt32,
    starts_at         DateTime64(3, 'UTC'),
    ends_at           DateTime64(3, 'UTC'),
    burned            Nullable(Decimal(38, 18)),
    burned_usd        Nullable(Decimal(38, 18)),
    credits           Nullable(Decimal(38, 18)),
    wallets_paid      Nullable(UInt32),
    work_paid         Nullable(Decimal(38, 18)),
    availability_paid Nullable(Decimal(38, 18)),
    fetched_at        DateTime64(3, 'UTC'),
    document          String,
    evidence          LowCardinality(String)
)
ENGINE = ReplacingMergeTree(fetched_at)
ORDER BY (network, source, epoch)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- The newest reading of each epoch and source.
CREATE OR REPLACE VIEW offchain_render_epochs_newest AS
SELECT *
FROM offchain_render_epochs FINAL
