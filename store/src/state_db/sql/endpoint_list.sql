SELECT url, state, latency_ms, tip_height, lowest_height, requests, failures, last_ok_ms, last_error, last_error_ms
FROM endpoints WHERE network = $1 ORDER BY url
