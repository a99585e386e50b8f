SELECT
    owner, toString(vendor) AS vendor, toString(model) AS model, toString(memory) AS memory,
    toString(interface) AS interface, advertised, inventory, available, measured
FROM provider_gpus_as_of(network = {network:String}, as_of = {as_of:UInt64})
ORDER BY owner, vendor, model, memory, interface
