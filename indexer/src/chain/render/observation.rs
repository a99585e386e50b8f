//! What a node says about the present, as rows: supply of the mint and balances of the followed accounts.

use super::RenderRules;
use crate::source::Observed;
use clickhouse::Row;
use gridproof_store::batch::{Batch, SolanaIdentity, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// Longest body, and most accounts in it: far above any honest one.
const MAX_BODY_BYTES: usize = 4 << 20;
const MAX_ACCOUNTS: usize = 10_000;

/// A row of `render_observations`.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct ObservationRow {
    /// `supply` or `balance`.
    pub subject: String,
    /// The mint, or the token account.
    pub address: String,
    /// Owner of the token account; empty for supply.
    pub owner: String,
    /// Base units.
    pub amount: u64,
    /// Who answered.
    pub endpoint: String,
    /// How we know.
    pub evidence: String,
}

impl TableRow for ObservationRow {
    const TABLE: &'static str = "render_observations";
}

/// The body of an observation, as the source writes it.
#[derive(Debug, Deserialize)]
struct Body {
    mint: String,
    slot: u64,
    supply: String,
    decimals: u8,
    accounts: Vec<Account>,
}

#[derive(Debug, Deserialize)]
struct Account {
    address: String,
    owner: String,
    amount: String,
}

/// Why an observation gives no rows.
#[derive(Debug, thiserror::Error)]
pub enum ObservationError {
    /// Too long to be honest.
    #[error("the observation has {0} bytes or accounts, more than any honest one")]
    TooLarge(usize),
    /// Not the document that a source writes.
    #[error("the observation cannot be read")]
    Json(#[source] serde_json::Error),
    /// Of another mint, slot or scale.
    #[error("the observation speaks of {what} {got}, expected {expected}")]
    Other {
        /// Of what.
        what: &'static str,
        /// What was expected.
        expected: String,
        /// What it says.
        got: String,
    },
    /// An amount that is none.
    #[error("{0:?} is no amount in base units")]
    Amount(String),
    /// A row has no RowBinary form.
    #[error("a row could not be encoded")]
    Encode(#[source] EncodeError),
}

/// Writes the rows of one observation.
///
/// # Errors
/// The batch must be dropped then.
pub fn derive(rules: &RenderRules, seen: &Observed, batch: &mut Batch) -> Result<(), ObservationError> {
    let body = read(rules, seen)?;
    let mut push = |subject: &str, address: &str, owner: &str, amount: &str| {
        let identity = SolanaIdentity {
            slot: seen.height,
            block_time_ms: seen.time_s.saturating_mul(1_000),
            signature: address.to_owned(),
            outer: SolanaIdentity::NONE,
            inner: SolanaIdentity::NONE,
            batch: SolanaIdentity::NONE,
            tx_index: None,
        };
        let row = ObservationRow {
            subject: subject.to_owned(),
            address: address.to_owned(),
            owner: owner.to_owned(),
            amount: amount.parse().map_err(|_| ObservationError::Amount(short(amount)))?,
            endpoint: seen.endpoint.clone(),
            evidence: "onchain".to_owned(),
        };
        batch.push(&identity, &row).map_err(ObservationError::Encode)
    };
    push("supply", &body.mint, "", &body.supply)?;
    body.accounts
        .iter()
        .try_for_each(|account| push("balance", &account.address, &account.owner, &account.amount))
}

fn read(rules: &RenderRules, seen: &Observed) -> Result<Body, ObservationError> {
    if seen.body.len() > MAX_BODY_BYTES {
        return Err(ObservationError::TooLarge(seen.body.len()));
    }
    let body: Body = serde_json::from_slice(&seen.body).map_err(ObservationError::Json)?;
    if body.accounts.len() > MAX_ACCOUNTS {
        return Err(ObservationError::TooLarge(body.accounts.len()));
    }
    let same = |what, expected: &dyn ToString, got: &dyn ToString| {
        let (expected, got) = (expected.to_string(), got.to_string());
        if expected == got {
            return Ok(());
        }
        let got = short(&got);
        Err(ObservationError::Other { what, expected, got })
    };
    same("mint", &rules.watch.mint, &body.mint)?;
    same("decimals", &rules.watch.decimals, &body.decimals)?;
    same("slot", &seen.height, &body.slot)?;
    Ok(body)
}

/// Enough of a hostile text to recognise it.
fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::epochs::EpochTable;
    use super::super::watch::WatchSet;
    use super::*;
    use gridproof_store::batch::Origin;

    fn derived(change: impl Fn(&mut serde_json::Value)) -> Result<Batch, ObservationError> {
        let rules = RenderRules {
            chain_id: "c".into(),
            watch: WatchSet::mainnet(),
            epochs: EpochTable::mainnet(),
        };
        let mut body = serde_json::json!({
            "mint": rules.watch.mint, "slot": 7, "supply": "18446744073709551615", "decimals": rules.watch.decimals,
            "accounts": [{ "address": "A", "owner": "O", "amount": "9007199254740993" }],
        });
        change(&mut body);
        let seen = Observed {
            height: 7,
            time_s: 1_700_000_000,
            endpoint: "node".into(),
            body: body.to_string().into(),
        };
        let mut batch = Batch::new(Origin {
            network: "n".into(),
            chain_id: "c".into(),
        });
        derive(&rules, &seen, &mut batch).map(|()| batch)
    }

    #[test]
    fn supply_and_each_balance_are_a_row() {
        let batch = derived(|_| {}).unwrap();
        assert_eq!(
            (batch.rows(), batch.tables.keys().copied().collect::<Vec<_>>()),
            (2, vec!["render_observations"])
        );
    }

    #[test]
    fn an_observation_of_something_else_is_refused() {
        for (key, value) in [
            ("mint", serde_json::json!("other")),
            ("slot", serde_json::json!(8)),
            ("decimals", serde_json::json!(1)),
            ("supply", serde_json::json!("1.5")),
            ("supply", serde_json::json!("18446744073709551616")),
            ("accounts", serde_json::json!(null)),
        ] {
            assert!(derived(|body| body[key] = value.clone()).is_err(), "{key} {value}");
        }
    }
}
