-- unit: units of the quote
-- definition: Newest good price of an asset, by the source that says so and by its instrument: each source has its own
--   value, none is averaged or put in another's place. `akash_oracle` and `akash_oracle_median` are told by the chain itself.
--   How old it is, is price_staleness_seconds.
-- evidence: offchain_reported
-- kinds: akash, render
-- dimensions: asset, quote, source, instrument
-- sample: prices
SELECT
    [toString(asset), toString(quote), toString(source), instrument] AS dimensions,
    toString(price) AS value,
    toUInt64(1) AS sample_size
FROM price_ok_as_of(network = {network:String}, as_of = {as_of:UInt64})
ORDER BY asset, source, instrument
