SELECT owner, host_uri, email, website, attributes
FROM providers_as_of(network = {network:String}, as_of = {as_of:UInt64})
