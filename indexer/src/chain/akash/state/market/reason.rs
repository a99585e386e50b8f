//! Names of lease close reasons (`akash.market.v1.LeaseClosedReason`).

/// No reason stored.
pub const INVALID: i32 = 0;
/// The tenant closed it.
pub const OWNER: i32 = 1;
/// Closed through the escrow hook, or before v1.0.0.
pub const UNSPECIFIED: i32 = 10_002;
/// The account ran dry.
pub const INSUFFICIENT_FUNDS: i32 = 20_000;

/// The name that the chain's JSON gives to a reason; a number outside the enum comes as digits.
pub fn name(reason: i32) -> String {
    let name = match reason {
        INVALID => "lease_closed_invalid",
        OWNER => "lease_closed_owner",
        10_000 => "lease_closed_reason_unstable",
        10_001 => "lease_closed_reason_decommission",
        UNSPECIFIED => "lease_closed_reason_unspecified",
        10_003 => "lease_closed_reason_manifest_timeout",
        INSUFFICIENT_FUNDS => "lease_closed_reason_insufficient_funds",
        other => return other.to_string(),
    };
    name.to_owned()
}
