-- Live blocks whose computed payouts and refunds differ from the transfers seen.
SELECT DISTINCT audit.height AS height
FROM settlement_audit AS audit
INNER JOIN live ON live.network = audit.network AND live.stage = 'state' AND live.generation = audit.generation
WHERE audit.network = ? AND audit.ok = 0 AND audit.height BETWEEN live.from_height AND live.to_height
ORDER BY height
