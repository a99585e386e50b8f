SELECT
    owner, toUnixTimestamp64Milli(observed_at) AS observed_ms, toString(via) AS via_word, leases, nodes,
    cpu_milli_allocatable, cpu_milli_available, memory_bytes_allocatable, memory_bytes_available,
    storage_bytes_allocatable, storage_bytes_available, gpu_allocatable, gpu_available, gpu_pending, orders,
    reclamation_window_s, public_hostname
FROM provider_snapshots_as_of(network = {network:String}, as_of = {as_of:UInt64})
