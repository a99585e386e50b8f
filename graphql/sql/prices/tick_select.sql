-- What sources said, newest first.
SELECT
    toString(t.asset) AS asset_name,
    toString(t.quote) AS quote_name,
    toString(t.source) AS source_name,
    t.instrument AS instrument_name,
    if(isNull(t.price), NULL, toString(t.price)) AS price_text,
    if(isNull(t.confidence), NULL, toString(t.confidence)) AS confidence_text,
    toUnixTimestamp64Milli(t.published_at) AS published_ms,
    toUnixTimestamp64Milli(t.observed_at) AS observed_ms,
    t.height AS at_height,
    t.source_height AS at_source_height,
    toString(t.status) AS status_word,
    t.reason AS why,
    toString(t.evidence) AS evidence_word,
    t.sequence AS entry,
    t.item AS entry_item
