-- Decimals of the mint, as its checked instructions state them; 0: none does.
SELECT max(decimals) FROM render_token_events_live WHERE network = {network:String}
