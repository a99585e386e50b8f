-- Leases as the chain had them at the end of block `as_of`.
SELECT
    owner, dseq, gseq, oseq, provider, bseq,
    toString(state) AS lease_state,
    toString(price) AS price_text,
    toString(denom) AS price_denom,
    created_at,
    toUnixTimestamp64Milli(created_time) AS created_ms,
    closed_on,
    toString(reason) AS close_reason,
    toString(reason_in_state) AS close_reason_in_state,
    toString(reclamation) AS reclamation_json,
    cpu_milli, memory_bytes, storage_bytes, gpu_units,
    toString(gpu_vendor) AS vendor,
    toString(gpu_model) AS model,
    toString(gpu_ram) AS ram,
    toString(gpu_interface) AS interface,
    toString(gpu_resolved_by) AS resolved_by,
    toString(origin) AS row_origin
FROM leases_as_of(network = {network:String}, as_of = {as_of:UInt64})
