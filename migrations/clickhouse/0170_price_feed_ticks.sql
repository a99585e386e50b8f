-- What price sources said in each poll, one row per asset and instrument, with our verdict: `status` is ok, stale, zero,
-- negative, absurd, crossed or refused, and `reason` says why it is not ok. `price` is what was said, whatever the verdict;
-- null: nothing was said. `published_at` is when the source made it, `observed_at` when we had it. Stage `prices`.
CREATE TABLE IF NOT EXISTS price_feed_ticks
(
    network       LowCardinality(String),
    chain_id      LowCardinality(String),
    sequence      UInt64,
    observed_at   DateTime64(3, 'UTC'),
    item          UInt32,
    height        UInt64,
    generation    UInt32,
    row_hash      UInt64,
    asset         LowCardinality(String),
    quote         LowCardinality(String),
    source        LowCardinality(String),
    instrument    String,
    price         Nullable(Decimal(38, 18)),
    confidence    Nullable(Decimal(38, 18)),
    published_at  Nullable(DateTime64(3, 'UTC')),
    status        LowCardinality(String),
    reason        String,
    evidence      LowCardinality(String),
    source_height UInt64
)
ENGINE = ReplacingMergeTree
ORDER BY (network, asset, source, instrument, sequence, item, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW price_feed_ticks_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'prices'
) AS segments
SELECT *
FROM price_feed_ticks FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND sequence BETWEEN s.3 AND s.4, segments)
