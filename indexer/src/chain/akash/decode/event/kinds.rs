//! What becomes of event types that have no arm of their own: kept field by field, or left alone.
//! Any other type is unknown and kept as it came.

/// Packages of typed events whose fields are kept as served, as [`EventBody::Typed`]. To index another
/// package: a line here, and a table that reads it.
///
/// [`EventBody::Typed`]: crate::chain::akash::model::EventBody::Typed
const PACKAGES: &[&str] = &["akash.bme.v1", "akash.oracle.v1", "akash.oracle.v2"];

/// Types of other modules that change nothing we index.
const LEFT_ALONE: &[&str] = &[
    "message",
    "delegate",
    "unbond",
    "redelegate",
    "cancel_unbonding_delegation",
    "complete_unbonding",
    "complete_redelegation",
    "create_validator",
    "edit_validator",
    "withdraw_rewards",
    "withdraw_commission",
    "set_withdraw_address",
    "slash",
    "liveness",
    "unjail",
    "proposal_deposit",
    "proposal_vote",
    "signal_proposal",
    "verify_invariant",
    "use_feegrant",
    "set_feegrant",
    "revoke_feegrant",
    "update_feegrant",
    "submit_evidence",
    "upgrade",
    "apply_upgrade",
    "fungible_token_packet",
    "denomination_trace",
];

/// Beginnings of such types.
const LEFT_ALONE_PREFIXES: &[&str] = &["cosmos.", "ibc", "akash.epochs.", "akash.cert.", "wasm"];

/// Whether an event of this type is dropped.
pub(super) fn left_alone(kind: &str) -> bool {
    LEFT_ALONE.contains(&kind) || LEFT_ALONE_PREFIXES.iter().any(|prefix| kind.starts_with(prefix))
}

/// Package and name of a type that is kept field by field.
pub(super) fn kept(kind: &str) -> Option<(&'static str, &str)> {
    PACKAGES.iter().find_map(|package| {
        let name = kind.strip_prefix(package)?.strip_prefix('.')?;
        Some((*package, name))
    })
}
