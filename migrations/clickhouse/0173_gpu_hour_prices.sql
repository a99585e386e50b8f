-- How long a block takes: measured over the newest 10,000 committed blocks up to a height, from the times in their headers.
CREATE OR REPLACE VIEW block_pace AS
SELECT
    network,
    max(height) - min(height) AS blocks,
    toUnixTimestamp64Milli(max(block_time)) - toUnixTimestamp64Milli(min(block_time)) AS span_ms,
    max(block_time) AS newest_block_time
FROM
(
    SELECT network, height, block_time
    FROM blocks_live
    WHERE network = {network:String} AND height <= {as_of:UInt64} AND height + 10000 > {as_of:UInt64}
)
GROUP BY network
HAVING blocks > 0 AND span_ms > 0

-- @stmt
-- What a GPU costs in an hour on the network, in US dollars: the median price of one GPU for one block over the running
-- leases of a model and denomination (`price_per_gpu_block`), times the blocks of an hour as measured. `uact` counts as one
-- dollar per million (that is what it is redeemed at); `uakt` is told once for each source of AKT's price, by its newest good
-- price as of the height: sources are never mixed. Other denominations have no row.
CREATE OR REPLACE VIEW gpu_hour_prices AS
WITH
per_block AS
(
    SELECT gpu_model, toString(denom) AS denom, quantileExactHigh(0.5)(price / gpu_units) AS price, count() AS leases
    FROM leases_as_of(network = {network:String}, as_of = {as_of:UInt64})
    WHERE state IN ('active', 'reclaiming') AND gpu_units > 0 AND gpu_model != '' AND denom IN ('uact', 'uakt')
    GROUP BY gpu_model, denom
),
dollars AS
(
    SELECT 'uact' AS denom, 'uact_at_par' AS price_source, '' AS price_instrument, toDecimal256(1, 18) AS usd
    UNION ALL
    SELECT 'uakt' AS denom, toString(source) AS price_source, instrument AS price_instrument, toDecimal256(price, 18) AS usd
    FROM price_ok_as_of(network = {network:String}, as_of = {as_of:UInt64})
    WHERE asset = 'AKT' AND source != 'akash_oracle'
)
SELECT
    p.gpu_model AS gpu_model,
    p.denom AS denom,
    d.price_source AS price_source,
    d.price_instrument AS price_instrument,
    toDecimal128(
        divideDecimal(
            multiplyDecimal(toDecimal256(p.price, 18), d.usd, 18) * 3600000 * toInt64(b.blocks),
            toDecimal256(b.span_ms * 1000000, 0),
            18),
        18) AS usd_per_gpu_hour,
    p.leases AS leases,
    b.blocks AS blocks,
    b.span_ms AS span_ms,
    b.newest_block_time AS newest_block_time
FROM per_block AS p
INNER JOIN dollars AS d ON p.denom = d.denom
CROSS JOIN block_pace(network = {network:String}, as_of = {as_of:UInt64}) AS b

-- @stmt
-- The network's price of a GPU hour beside each dated price of a cloud for the same model. `ratio` is the network's divided by
-- the cloud's: 0.2 is 80 % cheaper. `age_days` counts to the block asked for; a row of more than 90 days is stale, one that
-- was published after that block is not shown.
CREATE OR REPLACE VIEW hyperscaler_ratios AS
SELECT
    g.gpu_model AS gpu_model,
    g.denom AS denom,
    g.price_source AS price_source,
    g.price_instrument AS price_instrument,
    g.usd_per_gpu_hour AS network_usd_per_gpu_hour,
    g.leases AS leases,
    g.blocks AS blocks,
    g.span_ms AS span_ms,
    r.row_id AS row_id,
    r.provider AS provider,
    r.sku AS sku,
    r.gpu_memory AS gpu_memory,
    r.gpus AS gpus,
    r.region AS region,
    r.price_model AS price_model,
    r.usd_per_hour AS usd_per_hour,
    r.usd_per_gpu_hour AS reference_usd_per_gpu_hour,
    r.as_of AS reference_as_of,
    r.source_name AS source_name,
    r.source_url AS source_url,
    r.source_kind AS source_kind,
    r.note AS note,
    toUInt32(dateDiff('day', r.as_of, toDate(g.newest_block_time))) AS age_days,
    toUInt8(dateDiff('day', r.as_of, toDate(g.newest_block_time)) > 90) AS stale,
    toDecimal128(divideDecimal(toDecimal256(g.usd_per_gpu_hour, 18), toDecimal256(r.usd_per_gpu_hour, 18), 18), 18) AS ratio
FROM gpu_hour_prices(network = {network:String}, as_of = {as_of:UInt64}) AS g
INNER JOIN reference_prices_distinct AS r ON g.gpu_model = r.gpu
WHERE r.as_of <= toDate(g.newest_block_time)
