//! Pyth's push accounts on Solana: `PriceUpdateV2`.
//!
//! Layout with verification level Full: 8 discriminator, 32 write authority, 1 verification level, 32 feed id,
//! 8 price (signed), 8 confidence, 4 exponent (signed), 8 publish time, 8 publish time before it, 8 + 8 moving averages,
//! 8 posted slot; all little-endian. With level Partial, a byte with the number of signatures follows the level.

use super::tick::{Source, Status, Tick, quoted};
use crate::chain::akash::dec::Dec;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// First 8 bytes of every account of the kind: of SHA-256("account:PriceUpdateV2").
const DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];
const LEVEL_AT: usize = 40;
const LEVEL_PARTIAL: u8 = 0;
const LEVEL_FULL: u8 = 1;
const FEED_AT: usize = 41;
const PRICE_AT: usize = 73;
const CONFIDENCE_AT: usize = 81;
const EXPONENT_AT: usize = 89;
const PUBLISHED_AT: usize = 93;
const POSTED_AT: usize = 125;
/// End of the fields. Accounts are created longer, for a Partial one needs a byte more.
const END: usize = 133;
/// Longest account that is read.
const MAX_BYTES: usize = 512;
/// Exponents that a price can have and still be held with 18 places.
const EXPONENTS: std::ops::RangeInclusive<i32> = -18..=9;
/// Places of [`Dec`].
const PLACES: i32 = 18;

/// One of the two deployments of Pyth's programs on Solana.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stack {
    /// The first one.
    Original,
    /// The one after the upgrade of 2026.
    Upgraded,
}

impl Stack {
    /// Program that owns the price accounts (the receiver), base58.
    pub const fn owner(self) -> &'static str {
        match self {
            Self::Original => "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ",
            Self::Upgraded => "rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp",
        }
    }

    /// Program of which the price accounts are derived addresses (the push oracle), base58.
    pub const fn push_oracle(self) -> &'static str {
        match self {
            Self::Original => "pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT",
            Self::Upgraded => "pyt2F414BA6dPttK6RddPZUdHfapoBN24GL5wbrPCou",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Upgraded => "upgraded",
        }
    }
}

/// A price account to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythFeed {
    /// What it is a price of, in US dollars.
    pub asset: String,
    /// Whose account it is.
    pub stack: Stack,
    /// The account, base58.
    pub account: String,
    /// The feed that it must hold, 64 hex digits.
    pub feed_id: String,
}

/// What a node answered about the accounts of a question, in its order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountsBody {
    /// Slot that the answer speaks of.
    pub(crate) slot: u64,
    /// `None`: there is no such account.
    pub(crate) accounts: Vec<Option<AccountBody>>,
}

/// An account.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountBody {
    /// The program that owns it, base58.
    pub(crate) owner: String,
    /// Its bytes, base64.
    pub(crate) data: String,
}

/// A price update, its numbers as the account holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Update {
    price: i64,
    confidence: u64,
    exponent: i32,
    publish_time_s: i64,
    posted_slot: u64,
}

impl PythFeed {
    fn instrument(&self) -> String {
        format!("{} ({})", self.account, self.stack.name())
    }

    /// The tick of a source that did not answer.
    pub(super) fn refused(&self, reason: String) -> Tick {
        Tick::refused(&self.asset, "USD", Source::Pyth, self.instrument(), reason)
    }

    /// The tick of this account, not judged yet.
    fn tick(&self, slot: u64, account: Option<&AccountBody>) -> Tick {
        let read = account.ok_or_else(|| "there is no such account: nobody pushes this feed here".to_owned());
        match read.and_then(|account| self.read(account)).and_then(converted) {
            Ok((update, price, confidence)) => Tick {
                price: Some(price),
                confidence: Some(confidence),
                published_at_ms: update.publish_time_s.checked_mul(1000),
                source_height: slot,
                status: Status::Ok,
                reason: String::new(),
                ..self.refused(String::new())
            },
            Err(reason) => Tick {
                source_height: slot,
                ..self.refused(reason)
            },
        }
    }

    /// What the account holds, if it is the one that is meant; else why it is not.
    fn read(&self, account: &AccountBody) -> Result<Update, String> {
        if account.owner != self.stack.owner() {
            let owner = quoted(&account.owner);
            return Err(format!("the account belongs to {owner}, not to Pyth's receiver"));
        }
        let data = STANDARD
            .decode(&account.data)
            .map_err(|_| "the account's data is not base64".to_owned())?;
        if !(END..=MAX_BYTES).contains(&data.len()) || data[..8] != DISCRIMINATOR {
            return Err(format!("{} bytes that are no PriceUpdateV2", data.len()));
        }
        match data[LEVEL_AT] {
            LEVEL_FULL => {}
            LEVEL_PARTIAL => {
                let signatures = data[LEVEL_AT + 1];
                return Err(format!(
                    "the update is verified in part only ({signatures} signatures); a quorum of guardians is needed"
                ));
            }
            other => return Err(format!("unknown verification level {other}")),
        }
        let feed = hex::encode(&data[FEED_AT..PRICE_AT]);
        if feed != self.feed_id {
            return Err(format!("the account holds feed {feed}, not {}", self.feed_id));
        }
        Ok(Update {
            price: i64::from_le_bytes(bytes(&data, PRICE_AT)),
            confidence: u64::from_le_bytes(bytes(&data, CONFIDENCE_AT)),
            exponent: i32::from_le_bytes(bytes(&data, EXPONENT_AT)),
            publish_time_s: i64::from_le_bytes(bytes(&data, PUBLISHED_AT)),
            posted_slot: u64::from_le_bytes(bytes(&data, POSTED_AT)),
        })
    }
}

/// The ticks of all feeds of a question, from what a node answered.
pub(super) fn ticks(feeds: &[PythFeed], body: &str) -> Vec<Tick> {
    let read: Result<AccountsBody, String> = serde_json::from_str(body)
        .map_err(|error| format!("the answer cannot be read: {error}"))
        .and_then(|read: AccountsBody| match read.accounts.len() == feeds.len() {
            true => Ok(read),
            false => Err(format!(
                "{} accounts were answered, {} asked for",
                read.accounts.len(),
                feeds.len()
            )),
        });
    match read {
        Ok(read) => feeds
            .iter()
            .zip(&read.accounts)
            .map(|(feed, account)| feed.tick(read.slot, account.as_ref()))
            .collect(),
        Err(reason) => feeds.iter().map(|feed| feed.refused(reason.clone())).collect(),
    }
}

/// `N` bytes at `at`; the caller has checked the length.
fn bytes<const N: usize>(data: &[u8], at: usize) -> [u8; N] {
    std::array::from_fn(|index| data[at + index])
}

/// Price and confidence as decimals: value · 10^exponent.
fn converted(update: Update) -> Result<(Update, Dec, Dec), String> {
    if !EXPONENTS.contains(&update.exponent) {
        return Err(format!("exponent {} is out of range", update.exponent));
    }
    if update.posted_slot == 0 {
        return Err("the update was never posted".to_owned());
    }
    let factor = 10_i128.pow(update.exponent.saturating_add(PLACES).unsigned_abs());
    let scaled = |value: i128| value.checked_mul(factor).map(Dec::from_scaled);
    match (scaled(update.price.into()), scaled(update.confidence.into())) {
        (Some(price), Some(confidence)) => Ok((update, price, confidence)),
        _ => Err(format!("{} · 10^{} is out of range", update.price, update.exponent)),
    }
}
