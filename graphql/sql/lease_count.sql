-- How many leases the same filters select, over all pages.
SELECT count() AS total
FROM leases_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE ({state:String} = '' OR state = {state:String})
  AND ({provider:String} = '' OR provider = {provider:String})
  AND ({owner:String} = '' OR owner = {owner:String})
  AND ({gpu_model:String} = '' OR gpu_model = {gpu_model:String})
