//! The watch list: which accounts of a token count as what, since when, and who says so.
//!
//! Roles are names here; what they mean is the chain's. Everything that enters is hostile: addresses come from the
//! command line, labels from documents.

use super::rows::{count, count_option, signed, signed_option, small};
use super::{StateDb, StateError, now_ms, sql};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};

/// Base58 of 32 bytes has this many digits.
const ADDRESS_DIGITS: std::ops::RangeInclusive<usize> = 32..=44;
const BASE58: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const MAX_NAME_BYTES: usize = 64;
const MAX_TEXT_BYTES: usize = 2_000;

/// How far an entry of the watch list has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchStatus {
    /// Found, but not yet confirmed by a person: it does not count.
    Proposed,
    /// It counts, from its first slot on.
    Accepted,
    /// It counted, up to its last slot.
    Retired,
}

impl WatchStatus {
    const ALL: [Self; 3] = [Self::Proposed, Self::Accepted, Self::Retired];

    /// As the database writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Accepted => "accepted",
            Self::Retired => "retired",
        }
    }
}

/// An entry of the watch list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedAccount {
    /// Token account, or the mint; base58, case matters.
    pub address: String,
    /// Its owner, base58; empty for the mint.
    pub owner: String,
    /// What it counts as: lower-case letters, digits and underscores.
    pub role: String,
    /// Part of the network that it belongs to; may be empty.
    pub subnet: String,
    /// A name for people; may be empty.
    pub label: String,
    /// How the role is known.
    pub evidence: String,
    /// First slot in which it counts.
    pub valid_from_slot: u64,
    /// Last slot in which it counts; `None`: it still does.
    pub valid_to_slot: Option<u64>,
    /// Whether it counts.
    pub status: WatchStatus,
    /// Share of the expected payments that a discovery found, as a decimal.
    pub match_ratio: Option<String>,
    /// Epoch in which a discovery first saw it pay.
    pub first_seen_epoch: Option<u32>,
}

impl WatchedAccount {
    /// Whether the entry and `other` are one entry told twice, or say two things of one account in the same slot.
    fn clashes(&self, other: &Self) -> bool {
        if self.address != other.address {
            return false;
        }
        if self.valid_from_slot == other.valid_from_slot {
            return true;
        }
        let counts = |one: &Self| one.status != WatchStatus::Proposed;
        let ends_before = |one: &Self, next: &Self| one.valid_to_slot.is_some_and(|last| last < next.valid_from_slot);
        counts(self) && counts(other) && !ends_before(self, other) && !ends_before(other, self)
    }
}

impl StateDb {
    /// The watch list of a network with the time at which each entry was added, by address and first slot.
    pub async fn watched_accounts(&self, network: &str) -> Result<Vec<(WatchedAccount, i64)>, StateError> {
        let rows = sqlx::query(sql!("watch_list"))
            .bind(network)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| Ok((account(row)?, row.try_get("added_ms")?)))
            .collect()
    }

    /// Adds an entry. The same entry again changes nothing; an entry that would give one account two meanings in a
    /// slot, or change one that is there, is refused.
    pub async fn add_watched_account(&self, network: &str, new: &WatchedAccount) -> Result<(), StateError> {
        check(new)?;
        let mut transaction = self.begin().await?;
        let known = list(&mut transaction, network).await?;
        if known.contains(new) {
            return Ok(());
        }
        refuse_clash(known.iter(), new)?;
        put(&mut transaction, network, new, now_ms()).await?;
        Ok(transaction.commit().await?)
    }

    /// Lets a proposed entry count. An entry that already counts stays as it is.
    pub async fn accept_watched_account(
        &self,
        network: &str,
        address: &str,
        valid_from_slot: u64,
    ) -> Result<(), StateError> {
        let mut transaction = self.begin().await?;
        let known = list(&mut transaction, network).await?;
        let mut entry = find(&known, network, address, valid_from_slot)?.clone();
        if entry.status == WatchStatus::Accepted {
            return Ok(());
        }
        entry.status = WatchStatus::Accepted;
        if entry.valid_to_slot.is_some() {
            entry.status = WatchStatus::Retired;
        }
        let others = known.iter().filter(|one| one.valid_from_slot != valid_from_slot);
        refuse_clash(others, &entry)?;
        update(&mut transaction, network, &entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Ends an entry that counts: `last_slot` is the last slot in which it does. A proposed entry is refused; an entry
    /// that is retired may be retired earlier or later, as long as no other entry of the account is in the way.
    pub async fn retire_watched_account(
        &self,
        network: &str,
        address: &str,
        valid_from_slot: u64,
        last_slot: u64,
    ) -> Result<(), StateError> {
        let mut transaction = self.begin().await?;
        let known = list(&mut transaction, network).await?;
        let mut entry = find(&known, network, address, valid_from_slot)?.clone();
        if entry.status == WatchStatus::Proposed {
            return Err(bad("status", "a proposed entry does not count yet; accept it first"));
        }
        entry.status = WatchStatus::Retired;
        entry.valid_to_slot = Some(last_slot);
        check(&entry)?;
        let others = known.iter().filter(|one| one.valid_from_slot != valid_from_slot);
        refuse_clash(others, &entry)?;
        update(&mut transaction, network, &entry).await?;
        Ok(transaction.commit().await?)
    }
}

fn refuse_clash<'a>(
    mut known: impl Iterator<Item = &'a WatchedAccount>,
    entry: &WatchedAccount,
) -> Result<(), StateError> {
    match known.find(|one| one.clashes(entry)) {
        Some(other) => Err(StateError::WatchClash {
            address: other.address.clone(),
            role: other.role.clone(),
            from_slot: other.valid_from_slot,
            status: other.status.as_str(),
        }),
        None => Ok(()),
    }
}

async fn list(transaction: &mut Transaction<'_, Any>, network: &str) -> Result<Vec<WatchedAccount>, StateError> {
    let rows = sqlx::query(sql!("watch_list"))
        .bind(network)
        .fetch_all(&mut **transaction)
        .await?;
    rows.iter().map(account).collect()
}

fn find<'a>(
    known: &'a [WatchedAccount],
    network: &str,
    address: &str,
    valid_from_slot: u64,
) -> Result<&'a WatchedAccount, StateError> {
    known
        .iter()
        .find(|one| one.address == address && one.valid_from_slot == valid_from_slot)
        .ok_or_else(|| StateError::NotWatched {
            network: network.to_owned(),
            address: address.to_owned(),
            from_slot: valid_from_slot,
        })
}

async fn put(
    transaction: &mut Transaction<'_, Any>,
    network: &str,
    one: &WatchedAccount,
    added_ms: i64,
) -> Result<(), StateError> {
    sqlx::query(sql!("watch_add"))
        .bind(network)
        .bind(&one.address)
        .bind(&one.owner)
        .bind(&one.role)
        .bind(&one.subnet)
        .bind(&one.label)
        .bind(&one.evidence)
        .bind(signed("first slot", one.valid_from_slot)?)
        .bind(signed_option("last slot", one.valid_to_slot)?)
        .bind(one.status.as_str())
        .bind(one.match_ratio.clone())
        .bind(one.first_seen_epoch.map(i64::from))
        .bind(added_ms)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn update(transaction: &mut Transaction<'_, Any>, network: &str, one: &WatchedAccount) -> Result<(), StateError> {
    sqlx::query(sql!("watch_update"))
        .bind(signed_option("last slot", one.valid_to_slot)?)
        .bind(one.status.as_str())
        .bind(network)
        .bind(&one.address)
        .bind(signed("first slot", one.valid_from_slot)?)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn account(row: &AnyRow) -> Result<WatchedAccount, StateError> {
    let status: String = row.try_get("status")?;
    let epoch: Option<i64> = row.try_get("first_seen_epoch")?;
    Ok(WatchedAccount {
        address: row.try_get("address")?,
        owner: row.try_get("owner")?,
        role: row.try_get("role")?,
        subnet: row.try_get("subnet")?,
        label: row.try_get("label")?,
        evidence: row.try_get("evidence")?,
        valid_from_slot: count(row, "valid_from_slot")?,
        valid_to_slot: count_option(row, "valid_to_slot")?,
        status: WatchStatus::ALL
            .into_iter()
            .find(|known| known.as_str() == status)
            .ok_or(StateError::OutOfRange {
                what: "status of a watched account",
                value: status,
            })?,
        match_ratio: row.try_get("match_ratio")?,
        first_seen_epoch: epoch.map(|epoch| small("epoch", epoch)).transpose()?,
    })
}

/// Refuses what is no entry.
fn check(one: &WatchedAccount) -> Result<(), StateError> {
    let is_address = |text: &str| ADDRESS_DIGITS.contains(&text.len()) && text.chars().all(|c| BASE58.contains(c));
    let is_name = |text: &str| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        text.len() <= MAX_NAME_BYTES && text.bytes().all(known)
    };
    let is_text = |text: &str, limit: usize| text.len() <= limit && !text.chars().any(char::is_control);
    let is_ratio = |text: &str| {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
        text.len() <= MAX_NAME_BYTES && digits(whole) && digits(places)
    };
    let rules = [
        (
            is_address(&one.address),
            "address",
            "it must be base58 of 32 bytes, in its own case",
        ),
        (
            one.owner.is_empty() || is_address(&one.owner),
            "owner",
            "it must be empty or base58 of 32 bytes",
        ),
        (
            !one.role.is_empty() && is_name(&one.role),
            "role",
            "it must be lower-case letters, digits and underscores",
        ),
        (
            is_text(&one.subnet, MAX_NAME_BYTES),
            "subnet",
            "it must be one short line",
        ),
        (
            is_text(&one.label, MAX_TEXT_BYTES),
            "label",
            "it must be one line of at most 2,000 bytes",
        ),
        (
            is_text(&one.evidence, MAX_TEXT_BYTES),
            "evidence",
            "it must be one line of at most 2,000 bytes",
        ),
        (
            one.valid_to_slot.is_none_or(|last| one.valid_from_slot <= last),
            "validity",
            "its last slot is before its first",
        ),
        (
            (one.status == WatchStatus::Retired) == (one.valid_to_slot.is_some())
                || one.status == WatchStatus::Proposed,
            "status",
            "an accepted entry has no last slot, a retired one has",
        ),
        (
            one.match_ratio.as_deref().is_none_or(is_ratio),
            "match ratio",
            "it must be a decimal such as 0.97",
        ),
    ];
    match rules.into_iter().find(|(holds, ..)| !holds) {
        Some((_, what, why)) => Err(bad(what, why)),
        None => Ok(()),
    }
}

fn bad(what: &'static str, why: &'static str) -> StateError {
    StateError::BadWatch { what, why }
}
