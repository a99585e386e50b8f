-- What the always-on audit found, the first hundred.
SELECT DISTINCT audit.height AS height, audit.subject AS subject, audit.expected AS expected, audit.observed AS observed
FROM settlement_audit AS audit
INNER JOIN live ON live.network = audit.network AND live.stage = 'state' AND live.generation = audit.generation
WHERE audit.network = {network:String} AND audit.ok = 0 AND audit.height BETWEEN live.from_height AND live.to_height
ORDER BY height, subject
LIMIT 100
