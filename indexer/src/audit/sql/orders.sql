-- An order has the terms of its deployment, which never change: they are stored there alone.
SELECT
    o.owner AS owner, o.dseq AS dseq, o.gseq AS gseq, o.oseq AS oseq, o.state AS state, o.created_at AS created_at,
    o.spec AS spec, d.reclamation_min_window_s AS reclamation_min_window_s
FROM orders_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS o
LEFT JOIN deployments_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS d ON d.owner = o.owner AND d.dseq = o.dseq
