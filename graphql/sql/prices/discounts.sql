SELECT
    h.denom AS denom_name,
    h.price_source AS price_source_name,
    h.price_instrument AS price_instrument_name,
    toString(h.network_usd_per_gpu_hour) AS network_text,
    h.leases AS sample,
    toUInt64(h.blocks) AS block_count,
    toInt64(h.span_ms) AS block_span_ms,
    toString(h.ratio) AS ratio_text,
    h.row_id AS row_name,
    toString(h.provider) AS provider_name,
    h.sku AS sku_name,
    h.gpu_model AS gpu_name,
    toString(h.gpu_memory) AS gpu_memory_text,
    h.gpus AS gpu_count,
    toString(h.region) AS region_name,
    toString(h.price_model) AS model,
    toString(h.usd_per_hour) AS hour_text,
    toString(h.reference_usd_per_gpu_hour) AS gpu_hour_text,
    toString(h.reference_as_of) AS as_of_day,
    toInt64(h.age_days) AS age_days,
    h.source_name AS source,
    h.source_url AS url,
    toString(h.source_kind) AS kind,
    h.note AS note_text
FROM hyperscaler_ratios(network = {network:String}, as_of = {as_of:UInt64}) AS h
WHERE h.gpu_model = {gpu:String}
  AND ({provider:String} = '' OR h.provider = {provider:String})
  AND ({price_model:String} = '' OR h.price_model = {price_model:String})
  AND ({row_id:String} = '' OR h.row_id = {row_id:String})
  AND ({price_source:String} = '' OR h.price_source = {price_source:String})
ORDER BY as_of_day DESC, row_name, denom_name, price_source_name, price_instrument_name
LIMIT 501
