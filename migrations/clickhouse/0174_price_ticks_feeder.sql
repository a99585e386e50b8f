-- As 0171, but the oracle's rows name their feeder: there the name of the source stood in its place.
--
-- Every price that anybody told: the polled ones, and those of Akash's own oracle, in the same columns. The oracle's are
-- `akash_oracle` with the address of the price's source as instrument, and `akash_oracle_median` for the aggregate that the
-- chain itself computes; `observed_at` is the time of the block there. The chain does not judge them: a price that is zero
-- is told as zero, one whose own time is more than 180 s before its block as stale.
CREATE OR REPLACE VIEW price_ticks AS
SELECT
    network, chain_id, height, observed_at, asset, quote, source, instrument, price, confidence, published_at, status, reason,
    evidence, source_height, sequence, item
FROM price_feed_ticks_live
UNION ALL
SELECT
    network,
    chain_id,
    height,
    block_time AS observed_at,
    upper(denom) AS asset,
    if(base_denom = '', 'USD', upper(base_denom)) AS quote,
    if(kind = 'price', 'akash_oracle', 'akash_oracle_median') AS source,
    e.source AS instrument,
    e.price AS price,
    CAST(NULL, 'Nullable(Decimal(38, 18))') AS confidence,
    CAST(if(kind = 'price', price_time, toNullable(toDateTime64(block_time, 9, 'UTC'))), 'Nullable(DateTime64(3, \'UTC\'))') AS published_at,
    multiIf(
        isNull(e.price), 'refused',
        e.price < 0, 'negative',
        e.price = 0, 'zero',
        isNotNull(price_time) AND dateDiff('second', assumeNotNull(price_time), block_time) > 180, 'stale',
        'ok') AS status,
    multiIf(
        isNull(e.price), 'the event has no price',
        e.price < 0, 'the price is below zero',
        e.price = 0, 'the price is zero',
        isNotNull(price_time) AND dateDiff('second', assumeNotNull(price_time), block_time) > 180,
            concat('made ', toString(dateDiff('second', assumeNotNull(price_time), block_time)), ' s before its block, more than 180 s'),
        '') AS reason,
    'onchain' AS evidence,
    height AS source_height,
    height AS sequence,
    toUInt32(greatest(event_index, 0)) AS item
FROM oracle_events_live AS e
WHERE kind IN ('price', 'aggregated')
