//! Supply and balances as a node answers them now, for the audits.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures::future::try_join;
use serde::{Deserialize, Serialize};

use super::SolanaSource;
use super::member::Member;
use super::rpc::{MAX_ACCOUNTS, SolanaRpc};
use super::token;
use crate::source::pool::Need;
use crate::source::{Defect, FetchError, Observed};

/// Tries for answers that speak of the same slot: a node finalizes a slot every 400 ms.
const TRIES: u32 = 8;

/// The body of an observation of Solana, as JSON. All of it speaks of one slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenObservation {
    /// The mint, base58.
    pub mint: String,
    /// The slot.
    pub slot: u64,
    /// Supply in base units.
    #[serde(with = "as_text")]
    pub supply: u64,
    /// Decimals of the mint.
    pub decimals: u8,
    /// The followed token accounts of this mint that exist, by address. One that is closed, or not initialised, is not
    /// among them: it holds nothing.
    pub accounts: Vec<ObservedAccount>,
}

/// A token account at the slot of its observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedAccount {
    /// Base58.
    pub address: String,
    /// Base58.
    pub owner: String,
    /// Base units.
    #[serde(with = "as_text")]
    pub amount: u64,
}

/// Amounts are text in JSON: beyond 2^53 many readers of JSON lose digits.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(amount: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl<R: SolanaRpc> SolanaSource<R> {
    /// Supply and balances at one finalized slot.
    pub(super) async fn observation(&self) -> Result<Observed, FetchError> {
        let need = Need::height("supply and balances", self.least());
        let (seen, by) = self.group.request(&need, |member| self.look(member)).await?;
        let time_s = self.time_of(seen.slot).await?;
        self.observed.fetch_max(seen.slot, Ordering::Relaxed);
        let body = serde_json::to_vec(&seen).map_err(|e| FetchError::Permanent {
            endpoint: by.name().to_owned(),
            reason: "the observation cannot be written as JSON".to_owned(),
            source: Some(Box::new(e)),
        })?;
        Ok(Observed {
            height: seen.slot,
            time_s,
            endpoint: by.name().to_owned(),
            body: Bytes::from(body),
        })
    }

    /// The lowest slot that an observation may speak of: neither the head nor the last observation is taken back.
    fn least(&self) -> u64 {
        self.observed.load(Ordering::Relaxed).max(*self.heads.borrow())
    }

    async fn look(&self, member: Member<R>) -> Result<TokenObservation, FetchError> {
        for _ in 0..TRIES {
            if let Some(seen) = self.look_once(&member).await? {
                return Ok(seen);
            }
        }
        Err(FetchError::transient(
            member.rpc.name(),
            format!("supply and balances were of different slots in {TRIES} tries"),
        ))
    }

    /// `None`: the answers do not speak of the same slot.
    async fn look_once(&self, member: &Member<R>) -> Result<Option<TokenObservation>, FetchError> {
        let mint = &self.config.mint;
        let addresses: Vec<String> = self
            .followed
            .iter()
            .map(|f| f.address.clone())
            .filter(|a| a != mint)
            .collect();
        let pages = futures::future::try_join_all(addresses.chunks(MAX_ACCOUNTS).map(|page| member.rpc.accounts(page)));
        let (supply, pages) = try_join(member.rpc.token_supply(mint), pages).await?;
        if pages.iter().any(|page| page.slot != supply.slot) || supply.slot < self.least() {
            return Ok(None);
        }
        let mut accounts = BTreeMap::new();
        for (address, account) in addresses.iter().zip(pages.into_iter().flat_map(|page| page.accounts)) {
            let Some(account) = account else { continue };
            let state = token::read_account(&account).map_err(|why| odd(member, supply.slot, address, &why))?;
            if state.mint != *mint {
                return Err(odd(
                    member,
                    supply.slot,
                    address,
                    &format!("it holds tokens of {}", state.mint),
                ));
            }
            let seen = ObservedAccount {
                address: address.clone(),
                owner: state.owner,
                amount: state.amount,
            };
            accounts.insert(address.clone(), seen);
        }
        Ok(Some(TokenObservation {
            mint: mint.clone(),
            slot: supply.slot,
            supply: supply.amount,
            decimals: supply.decimals,
            accounts: accounts.into_values().collect(),
        }))
    }
}

fn odd<R: SolanaRpc>(member: &Member<R>, slot: u64, address: &str, why: &str) -> FetchError {
    let why = format!("{address} is not a token account to follow: {why}");
    FetchError::malformed(member.rpc.name(), slot, Defect::Shape { why })
}
