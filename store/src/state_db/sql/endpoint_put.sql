INSERT INTO endpoints (network, url, state, latency_ms, tip_height, lowest_height, requests, failures,
                       last_ok_ms, last_error, last_error_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (network, url) DO UPDATE SET
    state = excluded.state, latency_ms = excluded.latency_ms, tip_height = excluded.tip_height,
    lowest_height = excluded.lowest_height, requests = excluded.requests, failures = excluded.failures,
    last_ok_ms = excluded.last_ok_ms, last_error = excluded.last_error, last_error_ms = excluded.last_error_ms
