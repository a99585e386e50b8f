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
    source AS instrument,
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

-- @stmt
-- The newest good price of each instrument of one named source at or before a moment (milliseconds since the Unix epoch),
-- and its age then. The source is always chosen by whoever asks; nothing is averaged. What was published later than the
-- moment, or seen later, is not known yet.
CREATE OR REPLACE VIEW price_at AS
SELECT
    network, asset, quote, source, instrument, price, confidence, evidence, published_at, observed_at, height, source_height,
    dateDiff('second', published_at, fromUnixTimestamp64Milli({at_ms:Int64}, 'UTC')) AS age_s
FROM
(
    SELECT
        network, asset, quote, source, instrument, assumeNotNull(t.price) AS price, confidence, evidence,
        assumeNotNull(t.published_at) AS published_at, observed_at, height, source_height, sequence, item
    FROM price_ticks AS t
    WHERE network = {network:String}
      AND asset = {asset:String}
      AND source = {source:String}
      AND status = 'ok'
      AND isNotNull(t.price)
      AND isNotNull(t.published_at)
      AND observed_at <= fromUnixTimestamp64Milli({at_ms:Int64}, 'UTC')
      AND t.published_at <= fromUnixTimestamp64Milli({at_ms:Int64}, 'UTC')
    ORDER BY published_at DESC, sequence DESC, item DESC
    LIMIT 1 BY instrument
)

-- @stmt
-- The newest tick of each asset, source and instrument as of a height of the network, whatever its verdict.
CREATE OR REPLACE VIEW price_ticks_as_of AS
SELECT
    network, chain_id, height, observed_at, asset, quote, source, instrument, price, confidence, published_at, status, reason,
    evidence, source_height, sequence, item
FROM price_ticks
WHERE network = {network:String} AND height <= {as_of:UInt64} AND source != 'coingecko_daily'
ORDER BY sequence DESC, item DESC
LIMIT 1 BY network, asset, source, instrument

-- @stmt
-- The newest good tick of each asset, source and instrument as of a height of the network.
CREATE OR REPLACE VIEW price_ok_as_of AS
SELECT
    network, chain_id, height, observed_at, asset, quote, source, instrument, assumeNotNull(t.price) AS price, confidence,
    assumeNotNull(t.published_at) AS published_at, evidence, source_height, sequence, item
FROM price_ticks AS t
WHERE network = {network:String}
  AND height <= {as_of:UInt64}
  AND source != 'coingecko_daily'
  AND status = 'ok'
  AND isNotNull(t.price)
  AND isNotNull(t.published_at)
ORDER BY sequence DESC, item DESC
LIMIT 1 BY network, asset, source, instrument

-- @stmt
-- How far two sources are apart: the newest positive price of each instrument of an asset as of a height, in pairs, whatever
-- their verdicts, as long as they were seen within ten minutes of each other. Basis points of the lower price, rounded down.
-- USD and USDC are compared at par, so that a USDC that is off its dollar shows here, too.
CREATE OR REPLACE VIEW price_disagreement AS
WITH told AS
(
    SELECT asset, quote, source, instrument, assumeNotNull(t.price) AS price, status, observed_at
    FROM price_ticks AS t
    WHERE network = {network:String}
      AND height <= {as_of:UInt64}
      AND source NOT IN ('coingecko_daily', 'akash_oracle')
      AND t.price > 0
    ORDER BY sequence DESC, item DESC
    LIMIT 1 BY asset, source, instrument
)
SELECT
    a.asset AS asset,
    a.source AS source,
    a.instrument AS instrument,
    a.quote AS quote,
    a.price AS price,
    a.status AS status,
    b.source AS other_source,
    b.instrument AS other_instrument,
    b.quote AS other_quote,
    b.price AS other_price,
    b.status AS other_status,
    greatest(a.observed_at, b.observed_at) AS observed_at,
    toUInt64(least(
        divideDecimal(toDecimal256(greatest(a.price, b.price) - least(a.price, b.price), 18) * 10000, toDecimal256(least(a.price, b.price), 18), 0),
        toDecimal256(1000000000, 0))) AS basis_points
FROM told AS a
INNER JOIN told AS b ON a.asset = b.asset
WHERE (a.source, a.instrument) < (b.source, b.instrument)
  AND abs(dateDiff('second', a.observed_at, b.observed_at)) <= 600
