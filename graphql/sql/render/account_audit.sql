-- How many accounts are checked, how many of them fail, and how many answers of nodes were compared.
SELECT
    count() AS accounts,
    countIf(a.ok = 0) AS failing,
    sum(a.observations) AS answers
FROM render_account_audit_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS a
