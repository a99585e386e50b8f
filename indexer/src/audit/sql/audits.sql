SELECT owner, auditor, attributes
FROM audits_as_of(network = {network:String}, as_of = {as_of:UInt64})
