-- Transfers of the token within a span of time, for whoever looks for payments.
SELECT
    slot,
    intDiv(toUnixTimestamp64Milli(block_time), 1000) AS time_s,
    signature,
    source_account,
    source_owner,
    dest_account,
    dest_owner,
    amount
FROM render_token_events_live
WHERE network = {network:String} AND kind = 'transfer'
    AND block_time >= fromUnixTimestamp64Milli(toInt64({from_ms:Int64}), 'UTC')
    AND block_time <= fromUnixTimestamp64Milli(toInt64({to_ms:Int64}), 'UTC')
ORDER BY slot, signature, outer, inner, batch
