//! One record of `liabilityEpochs` with its wallets: what a channel owes for a period, and to whom.

use super::{FOUNDATION, OffchainError, ReportedLiability, channel, json, number, period, text};
use crate::chain::akash::dec::Dec;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;

/// No record lists more wallets than this.
const MAX_WALLETS: usize = 100_000;
/// No wallet has more numbers than this.
const MAX_MEASURES: usize = 64;

/// What a channel owes for a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liability {
    /// Number of the period.
    pub epoch: u32,
    /// What is paid for, such as `node_operator`.
    pub channel: String,
    /// Beginning of the period, milliseconds since the Unix epoch.
    pub starts_at_ms: i64,
    /// Its end.
    pub ends_at_ms: i64,
    /// Base units due, to all wallets together.
    pub amount_due: u64,
    /// The wallets as written, in the order of the document; none is there twice.
    pub wallets: Vec<Wallet>,
}

/// What a record says of a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// The address as written; whether it is one, nobody has checked.
    pub address: String,
    /// The numbers that the record has for it, such as `obhUsed`, by name.
    pub measures: Vec<(String, Dec)>,
}

impl Wallet {
    /// The number of that name.
    pub fn measure(&self, name: &str) -> Option<Dec> {
        self.measures
            .iter()
            .find(|(measure, _)| measure == name)
            .map(|(_, value)| *value)
    }
}

impl Liability {
    /// The row that is stored; wallets are counted, not stored.
    pub fn reported(&self) -> ReportedLiability {
        ReportedLiability {
            source: FOUNDATION,
            epoch: self.epoch,
            channel: self.channel.clone(),
            starts_at_ms: self.starts_at_ms,
            ends_at_ms: self.ends_at_ms,
            amount_due: self.amount_due,
            wallets: u32::try_from(self.wallets.len()).unwrap_or(u32::MAX),
        }
    }
}

/// All records of a document with their wallets: one record, a list, or the publisher's envelope.
///
/// # Errors
/// The document is none of these, or a value in it is not what it should be.
pub fn read(bytes: &[u8]) -> Result<Vec<Liability>, OffchainError> {
    json::liabilities(text(bytes)?)
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(rename = "epochId", borrow)]
    epoch: &'a RawValue,
    channel: String,
    #[serde(borrow)]
    start: &'a RawValue,
    #[serde(borrow)]
    end: &'a RawValue,
    #[serde(rename = "amountDue", borrow)]
    amount_due: &'a RawValue,
    #[serde(rename = "metadataBySolKey", default, borrow)]
    wallets: Option<Pairs<'a>>,
}

/// The pairs of an object in their order, doubles included: a map would keep the last without a word.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;
        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry::<String, &'de RawValue>()? {
                    if pairs.len() == MAX_WALLETS {
                        return Err(serde::de::Error::custom(format!("more than {MAX_WALLETS} entries")));
                    }
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}

/// One record of a list.
pub(super) fn read_record(index: usize, item: &RawValue) -> Result<Liability, OffchainError> {
    let record: Record<'_> = serde_json::from_str(item.get())
        .map_err(|error| OffchainError::row(format!("record {index}"), format!("it is no liability: {error}")))?;
    let epoch = number::count(&format!("record {index}, epochId"), json::number_text(record.epoch))?;
    let name = channel(&format!("record {index}, channel"), &record.channel)?;
    let place = |field: &str| format!("{name} {epoch}, {field}");
    let starts_at_ms = json::time_of(&place("start"), record.start)?;
    let ends_at_ms = json::time_of(&place("end"), record.end)?;
    period(&place("end"), starts_at_ms, ends_at_ms)?;
    let amount_due = number::whole(&place("amountDue"), json::number_text(record.amount_due))?;
    let listed = record.wallets.map(|pairs| pairs.0).unwrap_or_default();
    let wallets: Result<Vec<Wallet>, _> = listed
        .into_iter()
        .map(|(address, value)| wallet(&place, address, value))
        .collect();
    let wallets = wallets?;
    refuse_doubles(&place("metadataBySolKey"), &wallets)?;
    Ok(Liability {
        epoch,
        channel: name,
        starts_at_ms,
        ends_at_ms,
        amount_due,
        wallets,
    })
}

/// A wallet with the numbers that are there; texts, lists and objects are somebody else's.
fn wallet(place: &dyn Fn(&str) -> String, address: String, value: &RawValue) -> Result<Wallet, OffchainError> {
    let shown: String = address.escape_debug().take(64).collect();
    let place = place(&shown);
    let pairs: Pairs<'_> = serde_json::from_str(value.get())
        .map_err(|error| OffchainError::row(place.as_str(), format!("it is no object: {error}")))?;
    if pairs.0.len() > MAX_MEASURES {
        return Err(OffchainError::row(place, format!("more than {MAX_MEASURES} fields")));
    }
    let is_number = |value: &RawValue| {
        value
            .get()
            .starts_with(|first: char| first == '-' || first.is_ascii_digit())
    };
    let mut measures: Vec<(String, Dec)> = Vec::new();
    for (name, value) in pairs.0.into_iter().filter(|(_, value)| is_number(value)) {
        if measures.iter().any(|(known, _)| *known == name) {
            return Err(OffchainError::row(
                place,
                format!("{} is there twice", name.escape_debug()),
            ));
        }
        measures.push((name, number::amount(&place, value.get())?));
    }
    Ok(Wallet { address, measures })
}

fn refuse_doubles(place: &str, wallets: &[Wallet]) -> Result<(), OffchainError> {
    let mut addresses: Vec<&str> = wallets.iter().map(|wallet| wallet.address.as_str()).collect();
    addresses.sort_unstable();
    match addresses.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => Err(OffchainError::row(
            place,
            format!("{} is there twice", pair[0].escape_debug()),
        )),
    }
}
