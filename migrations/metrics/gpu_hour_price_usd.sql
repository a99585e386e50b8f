-- unit: US dollars per GPU and hour
-- definition: Median price of one GPU for one block over the running leases of the model and denomination, times the blocks of
--   an hour as measured between the headers of the newest 10,000 indexed blocks. A million uact is one dollar; uakt has one
--   value for each source of AKT's price (its newest good one). It includes the CPU, memory and storage of the leases.
-- evidence: derived
-- kinds: akash
-- dimensions: gpu_model, denom, price_source, price_instrument
-- sample: leases
SELECT
    [gpu_model, denom, price_source, price_instrument] AS dimensions,
    toString(usd_per_gpu_hour) AS value,
    leases AS sample_size
FROM gpu_hour_prices(network = {network:String}, as_of = {as_of:UInt64})
ORDER BY dimensions
