SELECT toString(network) AS network, argMax(instance, mirrored_at) AS instance
FROM networks
GROUP BY network
