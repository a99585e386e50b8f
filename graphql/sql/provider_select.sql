-- Providers as the chain had them at the end of block `as_of`, with the leases they held and the auditors who vouched for them.
SELECT
    p.owner AS owner,
    p.host_uri AS host_uri,
    p.email AS email,
    p.website AS website,
    p.created_at AS created_at,
    p.attributes AS attributes,
    toString(p.origin) AS row_origin,
    l.active AS active_leases,
    l.gpus AS leased_gpus,
    a.auditors AS auditors
FROM providers_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS p
LEFT JOIN (
    SELECT provider, count() AS active, sum(gpu_units) AS gpus
    FROM leases_as_of(network = {network:String}, as_of = {as_of:UInt64})
    WHERE state IN ('active', 'reclaiming')
    GROUP BY provider
) AS l ON l.provider = p.owner
LEFT JOIN (
    SELECT owner, arraySort(groupUniqArray(toString(auditor))) AS auditors
    FROM audits_as_of(network = {network:String}, as_of = {as_of:UInt64})
    GROUP BY owner
) AS a ON a.owner = p.owner
