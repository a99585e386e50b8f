//! The JSON form of the same messages, as the REST gateway prints it.
//!
//! It differs from the wire form in more than syntax: 64-bit integers are text, decimals have their point, enums have
//! their names (a number outside the enum stays a number), bytes are base64, times and durations are text. Readers here
//! bring each into the wire form, so that one struct and one conversion serve both. Absent fields are refused: the
//! gateway prints every default.

use super::{DecCoin, Duration, ResourceValue, Timestamp};
use crate::chain::akash::dec::Dec;
use base64::Engine;
use serde::de::{Deserialize, Deserializer, Error};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Longest piece of hostile text that an error repeats, in characters.
const QUOTED_CHARS: usize = 80;

fn quoted(text: &str) -> String {
    format!("{:?}", text.chars().take(QUOTED_CHARS).collect::<String>())
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Scalar {
    Number(i64),
    Text(String),
}

/// An integer: text for 64 bits, a number for 32.
pub fn integer<'de, D: Deserializer<'de>, T: TryFrom<i128>>(from: D) -> Result<T, D::Error> {
    let (number, shown) = match Scalar::deserialize(from)? {
        Scalar::Number(number) => (Some(i128::from(number)), number.to_string()),
        Scalar::Text(digits) => (digits.parse::<i128>().ok(), quoted(&digits)),
    };
    let fitting = number.and_then(|number| T::try_from(number).ok());
    fitting.ok_or_else(|| D::Error::custom(format_args!("{shown} is no integer that fits")))
}

/// An enum: a name of `names`, or a number as it is.
fn named<'de, D: Deserializer<'de>>(from: D, names: &[(i32, &str)]) -> Result<i32, D::Error> {
    let text = match Scalar::deserialize(from)? {
        Scalar::Number(number) => {
            return i32::try_from(number).map_err(|_| D::Error::custom("the number of an enum has 32 bits"));
        }
        Scalar::Text(text) => text,
    };
    let known = names.iter().find(|(_, name)| *name == text).map(|(number, _)| *number);
    known
        .or_else(|| text.parse().ok())
        .ok_or_else(|| D::Error::custom(format_args!("{} is no known name", quoted(&text))))
}

macro_rules! enums {
    ($($(#[$doc:meta])* $name:ident: $($number:literal = $text:literal),+;)+) => {$(
        $(#[$doc])*
        pub fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<i32, D::Error> {
            named(from, &[$(($number, $text)),+])
        }
    )+};
}

enums! {
    /// `Deployment.State`.
    deployment_state: 0 = "invalid", 1 = "active", 2 = "closed";
    /// `Group.State`.
    group_state: 0 = "invalid", 1 = "open", 2 = "paused", 3 = "insufficient_funds", 4 = "closed";
    /// `Order.State`.
    order_state: 0 = "invalid", 1 = "open", 2 = "active", 3 = "closed";
    /// `Bid.State`.
    bid_state: 0 = "invalid", 1 = "open", 2 = "active", 3 = "lost", 4 = "closed";
    /// `Lease.State`.
    lease_state: 0 = "invalid", 1 = "active", 2 = "insufficient_funds", 3 = "closed", 4 = "reclaiming";
    /// `escrow.types.v1.State`.
    escrow_state: 0 = "invalid", 1 = "open", 2 = "closed", 3 = "overdrawn";
    /// `escrow.id.v1.Scope`.
    escrow_scope: 0 = "invalid", 1 = "deployment", 2 = "bid";
    /// `deposit.v1.Source`.
    deposit_source: 0 = "invalid", 1 = "balance", 2 = "grant";
    /// `Endpoint.Kind`.
    endpoint_kind: 0 = "SHARED_HTTP", 1 = "RANDOM_PORT", 2 = "LEASED_IP";
    /// `LeaseClosedReason`.
    close_reason: 0 = "lease_closed_invalid", 1 = "lease_closed_owner", 10_000 = "lease_closed_reason_unstable",
        10_001 = "lease_closed_reason_decommission", 10_002 = "lease_closed_reason_unspecified",
        10_003 = "lease_closed_reason_manifest_timeout", 20_000 = "lease_closed_reason_insufficient_funds";
    /// `bme.v1.MintStatus`.
    mint_status: 0 = "mint_status_unspecified", 1 = "mint_status_healthy", 2 = "mint_status_warning",
        3 = "mint_status_halt_cr", 4 = "mint_status_halt_oracle";
    /// `bme.v1.LedgerRecordStatus`.
    record_status: 0 = "ledger_record_status_invalid", 1 = "ledger_record_status_pending",
        2 = "ledger_record_status_executed", 3 = "ledger_record_status_canceled";
    /// `LedgerCanceledRecord.BMCancelReason`.
    cancel_reason: 0 = "unknown", 1 = "epsilon", 2 = "zero_price", 3 = "insufficient_funds", 4 = "invalid_denom",
        5 = "invalid_amount", 6 = "minimum_mint", 7 = "mint_failed", 8 = "burn_failed", 9 = "max_attempts";
    /// `gov.v1.ProposalStatus`.
    proposal_status: 0 = "PROPOSAL_STATUS_UNSPECIFIED", 1 = "PROPOSAL_STATUS_DEPOSIT_PERIOD",
        2 = "PROPOSAL_STATUS_VOTING_PERIOD", 3 = "PROPOSAL_STATUS_PASSED", 4 = "PROPOSAL_STATUS_REJECTED",
        5 = "PROPOSAL_STATUS_FAILED";
}

/// The name that the chain's JSON gives to a cancel reason; a number outside the enum comes as digits.
pub fn cancel_reason_name(reason: i32) -> String {
    let names = [
        "unknown",
        "epsilon",
        "zero_price",
        "insufficient_funds",
        "invalid_denom",
        "invalid_amount",
        "minimum_mint",
        "mint_failed",
        "burn_failed",
        "max_attempts",
    ];
    let known = usize::try_from(reason).ok().and_then(|index| names.get(index));
    known.map_or_else(|| reason.to_string(), |name| (*name).to_owned())
}

/// A decimal such as `1.5`, as the integer text of the wire.
pub fn decimal<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let parsed = text.parse::<Dec>();
    parsed
        .map(|decimal| decimal.scaled().to_string())
        .map_err(D::Error::custom)
}

/// Bytes in base64.
pub fn base64<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(D::Error::custom)
}

impl<'de> Deserialize<'de> for DecCoin {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Printed {
            denom: String,
            #[serde(deserialize_with = "decimal")]
            amount: String,
        }
        let Printed { denom, amount } = Printed::deserialize(from)?;
        Ok(Self { denom, amount })
    }
}

impl<'de> Deserialize<'de> for ResourceValue {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Printed {
            val: String,
        }
        let val = Printed::deserialize(from)?.val.into_bytes();
        Ok(Self { val })
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || D::Error::custom(format_args!("{} is no duration", quoted(&text)));
        let seconds: Dec = text
            .strip_suffix('s')
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(wrong)?;
        let nanos = seconds.scaled() / 1_000_000_000;
        Ok(Self {
            seconds: i64::try_from(nanos / 1_000_000_000).map_err(|_| wrong())?,
            nanos: i32::try_from(nanos % 1_000_000_000).map_err(|_| wrong())?,
        })
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let time = OffsetDateTime::parse(&text, &Rfc3339).map_err(D::Error::custom)?;
        Ok(Self {
            seconds: time.unix_timestamp(),
            nanos: i32::try_from(time.nanosecond()).map_err(D::Error::custom)?,
        })
    }
}
