-- Burns out of burn wallets, each once.
SELECT
    s.slot AS slot,
    toUnixTimestamp64Milli(s.block_time) AS time_ms,
    s.tx_index AS tx_index,
    s.signature AS signature,
    s.`outer` AS `outer`,
    s.`inner` AS `inner`,
    s.batch AS batch,
    s.amount AS amount,
    s.decimals AS decimals,
    s.account AS burn_account,
    s.owner AS burn_wallet,
    s.authority AS authority,
    toString(s.instruction) AS instruction_name,
    s.via_cpi AS via_cpi,
    s.via_batch AS via_batch,
    s.memo AS memo,
    s.epoch AS epoch,
    toString(s.evidence) AS evidence_word
FROM render_settlements_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS s
