SELECT
    count() AS accounts,
    countIf(a.difference != 0) AS failing
FROM render_account_audit_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS a
