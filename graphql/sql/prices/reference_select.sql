-- Dated prices of clouds, newest first.
SELECT
    r.row_id AS row_name,
    toString(r.provider) AS provider_name,
    r.sku AS sku_name,
    toString(r.gpu) AS gpu_name,
    toString(r.gpu_memory) AS gpu_memory_text,
    r.gpus AS gpu_count,
    toString(r.region) AS region_name,
    toString(r.price_model) AS model,
    toString(r.usd_per_hour) AS hour_text,
    toString(r.usd_per_gpu_hour) AS gpu_hour_text,
    toString(r.as_of) AS as_of_day,
    toInt64(dateDiff('day', r.as_of, toDate(fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC')))) AS age_days,
    r.source_name AS source,
    r.source_url AS url,
    toString(r.source_kind) AS kind,
    r.note AS note_text
