-- How many ranges were asked for, and in how many of them the mint was among the addresses; the mint itself.
WITH
    (SELECT any(mint) FROM render_token_events_live WHERE network = {network:String} AND mint != '') AS found,
    ifNull(toString(found), '') AS the_mint
SELECT
    the_mint AS mint,
    count() AS windows,
    countIf(has(accounts, the_mint)) AS with_mint
FROM render_slots_live
WHERE network = {network:String} AND window_from IS NOT NULL AND slot BETWEEN {from:UInt64} AND {to:UInt64}
