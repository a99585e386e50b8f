-- unit: basis points of the lower price
-- definition: How far two sources are apart on one asset: the newest positive price of each, whatever its verdict, where they
--   were seen within ten minutes of each other. USD and USDC are compared at par. Rounded down.
-- evidence: offchain_reported
-- kinds: akash, render
-- dimensions: asset, source, instrument, other_source, other_instrument
-- sample: prices
SELECT
    [toString(asset), toString(source), instrument, toString(other_source), other_instrument] AS dimensions,
    toString(basis_points) AS value,
    toUInt64(2) AS sample_size
FROM price_disagreement(network = {network:String}, as_of = {as_of:UInt64})
ORDER BY dimensions
