SELECT
    toString(p.asset) AS asset_name,
    toString(p.quote) AS quote_name,
    toString(p.source) AS source_name,
    p.instrument AS instrument_name,
    toString(p.price) AS price_text,
    if(isNull(p.confidence), NULL, toString(p.confidence)) AS confidence_text,
    toUnixTimestamp64Milli(p.published_at) AS published_ms,
    toUnixTimestamp64Milli(p.observed_at) AS observed_ms,
    p.age_s AS age_seconds,
    p.height AS at_height,
    p.source_height AS at_source_height,
    toString(p.evidence) AS evidence_word
FROM price_at(network = {network:String}, asset = {asset:String}, source = {source:String}, at_ms = {at_ms:Int64}) AS p
ORDER BY instrument_name
LIMIT 100
