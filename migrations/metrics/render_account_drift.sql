-- unit: accounts
-- definition: Watched accounts whose balances do not go on from one transaction to the next, do not add up, or are not what
--   a node answered; must be 0.
-- evidence: derived
-- kinds: render
-- dimensions: none
-- sample: watched accounts
SELECT
    CAST([], 'Array(String)') AS dimensions,
    toString(countIf(ok = 0)) AS value,
    count() AS sample_size
FROM render_account_audit_as_of(network = {network:String}, as_of = {as_of:UInt64})
WHERE watched = 1
