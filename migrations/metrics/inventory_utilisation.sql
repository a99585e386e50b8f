-- unit: share
-- definition: Share of what providers that are online have that is taken: 1 - available / allocatable over all of them, cut
--   at 18 places, by resource (cpu, memory, storage, gpu).
-- evidence: offchain_reported
-- kinds: akash
-- dimensions: resource
-- sample: providers
SELECT
    [resource.1] AS dimensions,
    toString(toDecimal256(resource.2 - least(resource.3, resource.2), 18) / toDecimal256(resource.2, 0)) AS value,
    providers AS sample_size
FROM
(
    SELECT
        arrayJoin([
            ('cpu', sum(toUInt128(cpu_milli_allocatable)), sum(toUInt128(cpu_milli_available))),
            ('memory', sum(toUInt128(memory_bytes_allocatable)), sum(toUInt128(memory_bytes_available))),
            ('storage', sum(toUInt128(storage_bytes_allocatable)), sum(toUInt128(storage_bytes_available))),
            ('gpu', sum(toUInt128(gpu_allocatable)), sum(toUInt128(gpu_available)))
        ]) AS resource,
        count() AS providers
    FROM provider_snapshots_as_of(network = {network:String}, as_of = {as_of:UInt64})
    WHERE owner IN
    (
        SELECT owner
        FROM provider_checks_as_of(network = {network:String}, as_of = {as_of:UInt64})
        WHERE online = 1 AND fresh
    )
)
WHERE resource.2 > 0
ORDER BY resource.1
