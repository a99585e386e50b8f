-- Accrued spend of each UTC day in dollars, the way the Console does it: what was counted in uact and in axlUSDC at 1 dollar (the
-- peg of ACT: 1 ACT is 1 dollar of credit by construction), what was counted in uakt at the first good price of that day. The source
-- of the price is named by whoever asks (`source`, as in price_ticks: coingecko_daily, akash_oracle, pyth, …); prices of
-- several sources are never mixed. `usd` is cut at 18 places, and null where uakt was counted on a day without a price of that source,
-- or where a denomination is neither. A price may be observed later than its day, so a null may turn into a number.
CREATE OR REPLACE VIEW accrued_spend_usd_daily AS
SELECT
    d.day AS day,
    d.uakt AS uakt,
    d.pegged AS pegged,
    {source:String} AS price_source,
    p.akt_price AS akt_price,
    p.price_published_at AS price_published_at,
    if(d.others > 0, NULL,
        if(d.uakt = 0,
            toNullable(toDecimal256(d.pegged, 18) / toDecimal256(1000000, 0)),
            toDecimal256(toDecimal256(d.pegged, 18) + toDecimal256(d.uakt, 18) * p.akt_price, 18) / toDecimal256(1000000, 0))) AS usd
FROM
(
    SELECT
        day,
        sumIf(spent, denom = 'uakt') AS uakt,
        sumIf(spent, denom IN (
            'uact',
            'ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1',
            'ibc/028CD1864059EEFB48A6048376165318E3E82C234390AE5A6D7B22001725B06E')) AS pegged,
        countIf(spent != 0 AND denom NOT IN (
            'uakt', 'uact',
            'ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1',
            'ibc/028CD1864059EEFB48A6048376165318E3E82C234390AE5A6D7B22001725B06E')) AS others
    FROM accrued_spend_daily(network = {network:String}, as_of = {as_of:UInt64})
    GROUP BY day
) AS d
LEFT JOIN
(
    SELECT
        toDate(assumeNotNull(t.published_at), 'UTC') AS day,
        toNullable(argMin(assumeNotNull(t.price), (t.published_at, t.sequence, t.item))) AS akt_price,
        toNullable(min(assumeNotNull(t.published_at))) AS price_published_at
    FROM price_ticks AS t
    WHERE t.network = {network:String} AND t.asset = 'AKT' AND t.quote = 'USD' AND t.source = {source:String}
      AND t.status = 'ok' AND isNotNull(t.price) AND isNotNull(t.published_at)
    GROUP BY day
) AS p ON p.day = d.day
