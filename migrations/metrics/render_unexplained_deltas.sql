-- unit: differences of balances
-- definition: Changes of a balance that the instructions of their transaction do not explain; must be 0. Each is a row, so
--   nothing is lost: the amount counts in balances, but not in any class.
-- evidence: derived
-- kinds: render
-- dimensions: none
-- sample: transactions
SELECT
    CAST([], 'Array(String)') AS dimensions,
    toString(countIf(kind = 'unexplained_delta')) AS value,
    uniqExact(signature) AS sample_size
FROM render_token_events_live
WHERE network = {network:String} AND slot <= {as_of:UInt64}
