-- unit: ticks
-- definition: Prices of the last 24 hours that were told and not found good, by the verdict: stale, zero, negative, absurd,
--   crossed or refused (nothing was told). The 24 hours end with the newest tick. Each stands in the table with its reason.
-- evidence: derived
-- kinds: akash, render
-- dimensions: asset, source, status
-- sample: ticks
WITH newest AS
(
    SELECT max(observed_at) AS at FROM price_ticks WHERE network = {network:String} AND height <= {as_of:UInt64}
)
SELECT
    [toString(asset), toString(source), toString(status)] AS dimensions,
    toString(countIf(status != 'ok')) AS value,
    count() AS sample_size
FROM price_ticks
WHERE network = {network:String}
  AND height <= {as_of:UInt64}
  AND observed_at > (SELECT at FROM newest) - toIntervalDay(1)
  AND status != 'ok'
  AND source != 'coingecko_daily'
GROUP BY asset, source, status
ORDER BY asset, source, status
