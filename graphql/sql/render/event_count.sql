SELECT count() AS total
FROM render_token_events_live AS e
