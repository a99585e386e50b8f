//! Versions of the chain software.

/// The chain software whose rules are in force at a height. Ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Version {
    /// Up to v0.38.x: legacy events, decimals in escrow.
    V0_38,
    /// v1.0.x.
    V1_0,
    /// v1.1.x.
    V1_1,
    /// v1.2.x.
    V1_2,
    /// v2.0.x: BME.
    V2_0,
    /// v2.1.x: oracle v2, reclamation.
    V2_1,
}
