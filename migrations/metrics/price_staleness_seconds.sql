-- unit: seconds
-- definition: How old the newest good price of an asset from a source was when that source was last asked, or last spoke: the
--   time of the newest tick of the asset and source, whatever its verdict, less the time when the newest good price was made.
-- evidence: offchain_reported
-- kinds: akash, render
-- dimensions: asset, source, instrument
-- sample: prices
SELECT
    [toString(g.asset), toString(g.source), g.instrument] AS dimensions,
    toString(greatest(dateDiff('second', g.published_at, t.observed_at), 0)) AS value,
    toUInt64(1) AS sample_size
FROM price_ok_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS g
INNER JOIN price_ticks_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS t
    ON g.asset = t.asset AND g.source = t.source AND g.instrument = t.instrument
ORDER BY g.asset, g.source, g.instrument
