-- unit: network's price divided by the cloud's
-- definition: The network's price of a GPU hour (gpu_hour_price_usd) divided by one dated price of a cloud for the same model,
--   one value for each such row: 0.2 is 80 % cheaper. Clouds' prices contradict each other, so none is chosen here: row_id says
--   which row, age_days how old it was at the block, and `stale` is 1 beyond 90 days.
-- evidence: offchain_reported
-- kinds: akash
-- dimensions: gpu_model, denom, price_source, provider, price_model, row_id, reference_as_of, age_days, stale
-- sample: leases
SELECT
    [gpu_model, denom, price_source, toString(provider), toString(price_model), row_id, toString(reference_as_of), toString(age_days), toString(stale)] AS dimensions,
    toString(ratio) AS value,
    leases AS sample_size
FROM hyperscaler_ratios(network = {network:String}, as_of = {as_of:UInt64})
ORDER BY dimensions
