-- What each slot of the run that holds `as_of` minted and burned, what it changed in balances, and the sums up to it.
CREATE OR REPLACE VIEW render_supply_slots_as_of AS
SELECT
    slot, minted, burned, delta,
    sum(minted) OVER up_to AS total_minted,
    sum(burned) OVER up_to AS total_burned
FROM
(
    SELECT e.slot AS slot, sum(e.minted) AS minted, sum(e.burned) AS burned, sum(e.delta) AS delta
    FROM
    (
        SELECT slot, if(kind = 'mint', toInt128(amount), 0) AS minted, if(kind = 'burn', toInt128(amount), 0) AS burned, toInt128(0) AS delta
        FROM render_token_events_live
        WHERE network = {network:String} AND slot <= {as_of:UInt64} AND kind IN ('mint', 'burn')
        UNION ALL
        SELECT slot, toInt128(0) AS minted, toInt128(0) AS burned, toInt128(post) - toInt128(pre) AS delta
        FROM render_balance_changes_live
        WHERE network = {network:String} AND slot <= {as_of:UInt64}
    ) AS e
    WHERE e.slot >= (SELECT max(from_slot) FROM render_run_as_of(network = {network:String}, as_of = {as_of:UInt64}))
    GROUP BY slot
)
WINDOW up_to AS (ORDER BY slot ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)

-- @stmt
-- Supply as nodes answered it, at slots of the run that holds `as_of`.
CREATE OR REPLACE VIEW render_supply_observations_as_of AS
SELECT o.slot AS slot, o.amount AS amount, o.endpoint AS endpoint, o.address AS mint
FROM render_observations_live AS o
WHERE o.network = {network:String} AND o.subject = 'supply'
  AND o.slot >= (SELECT max(from_slot) FROM render_run_as_of(network = {network:String}, as_of = {as_of:UInt64}))
  AND o.slot <= (SELECT max(to_slot) FROM render_run_as_of(network = {network:String}, as_of = {as_of:UInt64}))

-- @stmt
-- What was there before the first slot of the run: one row.
--   `stated`: an observation opening_supply says so; a network that begins later than its mint has one;
--   `creation`: nothing, for the run begins where the network does;
--   `first observation`: what makes the first observation of the run come out right; from then on sums are checked;
--   `unknown`: none of these, or not every window of the run asked for the mint, so that mints and burns may be missing.
CREATE OR REPLACE VIEW render_supply_opening_as_of AS
WITH
    (SELECT max(from_slot) FROM render_run_as_of(network = {network:String}, as_of = {as_of:UInt64})) AS run_from,
    (SELECT count() FROM render_run_as_of(network = {network:String}, as_of = {as_of:UInt64})) AS runs,
    (SELECT argMax(first_height, mirrored_at) FROM networks WHERE network = {network:String}) AS first_slot,
    (SELECT argMax(address, valid_from_slot) FROM render_watch_accounts_newest WHERE network = {network:String} AND role = 'mint') AS watched_mint,
    (SELECT anyIf(mint, mint != '') FROM render_token_events_live WHERE network = {network:String} AND slot <= {as_of:UInt64}) AS moved_mint,
    (
        SELECT count() > 0 AND min(has(accounts, if(watched_mint = '', toString(moved_mint), watched_mint))) = 1
        FROM render_slots_live
        WHERE network = {network:String} AND slot >= run_from AND ifNull(window_from <= {as_of:UInt64}, 0)
    ) AS followed,
    (
        SELECT (count(), argMax(amount, (slot, generation)))
        FROM render_observations_live
        WHERE network = {network:String} AND subject = 'opening_supply' AND slot <= run_from
    ) AS stated,
    (
        SELECT (count(), min(slot), argMin(amount, slot))
        FROM render_supply_observations_as_of(network = {network:String}, as_of = {as_of:UInt64})
    ) AS first_seen,
    (
        SELECT sum(minted) - sum(burned)
        FROM render_supply_slots_as_of(network = {network:String}, as_of = {as_of:UInt64})
        WHERE slot <= first_seen.2
    ) AS net_at_first
SELECT
    toUInt8(runs > 0 AND followed) AS mint_followed,
    multiIf(
        NOT mint_followed, 'unknown',
        stated.1 > 0, 'stated',
        run_from <= first_slot, 'creation',
        first_seen.1 > 0, 'first observation',
        'unknown') AS basis,
    multiIf(
        basis = 'stated', toNullable(toInt128(stated.2)),
        basis = 'creation', toNullable(toInt128(0)),
        basis = 'first observation', toNullable(toInt128(first_seen.3) - ifNull(net_at_first, toInt128(0))),
        NULL) AS opening

-- @stmt
-- Supply at `as_of`, one row: what is summed (`opening` + minted - burned; null where the opening is unknown), what a node
-- last answered, and `supply`: the sum, or else the answer. All in base units.
CREATE OR REPLACE VIEW render_supply_as_of AS
SELECT
    o.opening AS opening,
    o.basis AS opening_basis,
    o.mint_followed AS mint_followed,
    t.minted AS minted,
    t.burned AS burned,
    o.opening + t.minted - t.burned AS summed,
    if(n.answers > 0, toNullable(n.last_amount), NULL) AS observed,
    if(n.answers > 0, toNullable(n.last_slot), NULL) AS observed_slot,
    coalesce(summed, toInt128(observed)) AS supply,
    if(isNull(summed), 'onchain', 'derived') AS evidence
FROM render_supply_opening_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS o
CROSS JOIN
(
    SELECT sum(p.minted) AS minted, sum(p.burned) AS burned
    FROM render_supply_slots_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS p
) AS t
CROSS JOIN
(
    SELECT count() AS answers, max(slot) AS last_slot, argMax(amount, slot) AS last_amount
    FROM render_supply_observations_as_of(network = {network:String}, as_of = {as_of:UInt64})
) AS n

-- @stmt
-- The supply audit. `check` = observation: what a node answered in `slot` against opening + minted - burned up to that
-- slot. `check` = slot: what all balances of a slot changed by against what it minted less what it burned. `drift` is
-- observed less expected and must be 0; null where there is nothing to compare with, and `reason` says why.
CREATE OR REPLACE VIEW render_supply_audit_as_of AS
SELECT
    'observation' AS check,
    n.slot AS slot,
    n.endpoint AS endpoint,
    o.opening AS opening,
    if(s.found = 1, s.total_minted, toInt128(0)) AS minted,
    if(s.found = 1, s.total_burned, toInt128(0)) AS burned,
    opening + minted - burned AS expected,
    toNullable(toInt128(n.amount)) AS observed,
    observed - expected AS drift,
    toUInt8(ifNull(drift = 0, 1)) AS ok,
    multiIf(
        isNotNull(drift), '',
        o.mint_followed = 0, 'the mint is not followed',
        'the supply before the first indexed slot is unknown') AS reason
FROM
(
    SELECT 1 AS one, slot, amount, endpoint
    FROM render_supply_observations_as_of(network = {network:String}, as_of = {as_of:UInt64})
) AS n
ASOF LEFT JOIN
(
    SELECT 1 AS one, 1 AS found, slot, total_minted, total_burned
    FROM render_supply_slots_as_of(network = {network:String}, as_of = {as_of:UInt64})
) AS s ON s.one = n.one AND n.slot >= s.slot
CROSS JOIN render_supply_opening_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS o
UNION ALL
SELECT
    'slot' AS check,
    slot,
    '' AS endpoint,
    CAST(NULL, 'Nullable(Int128)') AS opening,
    minted,
    burned,
    toNullable(minted - burned) AS expected,
    toNullable(delta) AS observed,
    observed - expected AS drift,
    toUInt8(drift = 0) AS ok,
    '' AS reason
FROM render_supply_slots_as_of(network = {network:String}, as_of = {as_of:UInt64})
