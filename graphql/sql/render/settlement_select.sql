-- Burns out of burn wallets, each once.
SELECT
    s.slot AS slot,
    toUnixTimestamp64Milli(s.block_time) AS time_ms,
    s.tx_index AS tx_index,
    s.signature AS signature,
    s.outer AS outer,
    s.inner AS inner,
    s.batch AS batch,
    s.amount AS amount,
    s.decimals AS decimals,
    s.source_account AS burn_account,
    s.source_owner AS burn_wallet,
    s.memo AS memo,
    toString(s.class) AS class_name,
    s.epoch AS epoch,
    toString(s.evidence) AS evidence_word
FROM render_settlements_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS s
