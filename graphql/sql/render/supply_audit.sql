-- Supply at `as_of`, and how the sums compare with what nodes answered and with the balances, slot by slot.
SELECT
    s.opening_basis AS opening_basis,
    toNullable(toString(s.opening)) AS opening,
    toString(s.minted) AS minted,
    toString(s.burned) AS burned,
    toNullable(toString(s.summed)) AS expected,
    a.answers AS answers,
    a.compared AS compared,
    a.failing_answers AS failing_answers,
    a.slots AS slots,
    a.failing_slots AS failing_slots,
    a.first_failing_slot AS first_failing_slot,
    if(a.answers = 0, NULL, toNullable(a.answer_slot)) AS answer_slot,
    if(a.answers = 0, NULL, toNullable(toString(a.answer_expected))) AS answer_expected,
    if(a.answers = 0, NULL, toNullable(toString(a.answer_observed))) AS answer_observed,
    if(a.answers = 0, NULL, toNullable(toString(a.answer_drift))) AS answer_drift,
    a.answer_reason AS answer_reason
FROM render_supply_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS s
CROSS JOIN
(
    SELECT
        countIf(check = 'observation') AS answers,
        countIf(check = 'observation' AND isNotNull(drift)) AS compared,
        countIf(check = 'observation' AND ok = 0) AS failing_answers,
        countIf(check = 'slot') AS slots,
        countIf(check = 'slot' AND ok = 0) AS failing_slots,
        minIf(toNullable(slot), ok = 0) AS first_failing_slot,
        maxIf(slot, check = 'observation') AS answer_slot,
        argMaxIf(tuple(expected), slot, check = 'observation').1 AS answer_expected,
        argMaxIf(tuple(observed), slot, check = 'observation').1 AS answer_observed,
        argMaxIf(tuple(drift), slot, check = 'observation').1 AS answer_drift,
        argMaxIf(reason, slot, check = 'observation') AS answer_reason
    FROM render_supply_audit_as_of(network = {network:String}, as_of = {as_of:UInt64})
) AS a
