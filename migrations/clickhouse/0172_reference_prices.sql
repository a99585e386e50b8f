-- What clouds ask for machines with GPUs, as dated rows that never change: a price that is published again is another row.
-- Sources contradict each other, and no row is preferred: who compares with one names its `row_id`. `price_model` keeps
-- on demand, spot, reserved and others apart. Where only a month is known, `as_of` is its first day. `source_kind` is
-- official_list (a provider's machine-readable list, imported), official_page, press, vendor_blog or unverified. `source_url`
-- is empty where the address of an article is not on record.
CREATE TABLE IF NOT EXISTS reference_prices
(
    row_id           String,
    provider         LowCardinality(String),
    sku              String,
    gpu              LowCardinality(String),
    gpu_memory       LowCardinality(String),
    gpus             UInt16,
    region           LowCardinality(String),
    price_model      LowCardinality(String),
    usd_per_hour     Decimal(38, 18),
    usd_per_gpu_hour Decimal(38, 18),
    as_of            Date,
    source_name      String,
    source_url       String,
    source_kind      LowCardinality(String),
    note             String,
    document         String,
    loaded_at        DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY row_id
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Each row once.
CREATE OR REPLACE VIEW reference_prices_distinct AS
SELECT *
FROM reference_prices FINAL
