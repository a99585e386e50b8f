-- Blocks in which payouts and refunds were compared with the transfers seen.
SELECT uniqExact(audit.height)
FROM settlement_audit AS audit
INNER JOIN live ON live.network = audit.network AND live.stage = 'state' AND live.generation = audit.generation
WHERE audit.network = {network:String} AND audit.subject = 'transfers' AND audit.height BETWEEN live.from_height AND live.to_height
