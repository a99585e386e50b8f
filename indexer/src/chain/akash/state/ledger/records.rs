//! Records of the BME ledger: requests to burn one coin and mint another, and what became of them.

use super::fields::{self, Fields};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::Coin;
use crate::chain::akash::state::output::ObjectKey;
use serde_json::{Value, json};

/// Identity of a record. `height` and `sequence` are of the request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct RecordId {
    /// Burned denomination.
    pub denom: String,
    /// Minted denomination.
    pub to_denom: String,
    /// Owner of the burned coins.
    pub source: String,
    /// Height of the request.
    pub height: u64,
    /// Number of the request within its block, from 1.
    pub sequence: u64,
}

/// `LedgerRecordID` on the wire.
#[derive(Clone, PartialEq, prost::Message)]
struct WireId {
    #[prost(string, tag = "1")]
    denom: String,
    #[prost(string, tag = "2")]
    to_denom: String,
    #[prost(string, tag = "3")]
    source: String,
    #[prost(int64, tag = "4")]
    height: i64,
    #[prost(int64, tag = "5")]
    sequence: i64,
}

/// `MsgBurnMintResponse`, `MsgMintACTResponse` and `MsgBurnACTResponse` are alike.
#[derive(Clone, PartialEq, prost::Message)]
struct WireResponse {
    #[prost(message, optional, tag = "1")]
    id: Option<WireId>,
}

impl RecordId {
    /// From the answer of the message that made the request: nothing else in a block names the id.
    pub(super) fn from_response(response: &[u8]) -> Result<Self, String> {
        let decoded: WireResponse =
            prost::Message::decode(response).map_err(|error| format!("answer of a burn-mint message: {error}"))?;
        let id = decoded.id.ok_or("the answer of a burn-mint message names no record")?;
        let unsigned = |number: i64| u64::try_from(number).map_err(|_| "a record id is negative".to_owned());
        Ok(Self {
            height: unsigned(id.height)?,
            sequence: unsigned(id.sequence)?,
            denom: id.denom,
            to_denom: id.to_denom,
            source: id.source,
        })
    }

    /// From an event's `id` field.
    pub(super) fn from_fields(event: &Fields) -> Result<Self, String> {
        let id = fields::object(event, "id")?;
        Ok(Self {
            denom: fields::text(id, "denom")?.to_owned(),
            to_denom: fields::text(id, "to_denom")?.to_owned(),
            source: fields::text(id, "source")?.to_owned(),
            height: fields::integer(id, "height")?,
            sequence: fields::integer(id, "sequence")?,
        })
    }

    /// The record that a key names.
    pub(super) fn of_key(key: &ObjectKey) -> Option<Self> {
        let ObjectKey::BmeLedger {
            denom,
            to_denom,
            source,
            height,
            sequence,
        } = key
        else {
            return None;
        };
        Some(Self {
            denom: denom.clone(),
            to_denom: to_denom.clone(),
            source: source.clone(),
            height: *height,
            sequence: *sequence,
        })
    }

    /// The key that marks it changed.
    pub(super) fn key(&self) -> ObjectKey {
        ObjectKey::BmeLedger {
            denom: self.denom.clone(),
            to_denom: self.to_denom.clone(),
            source: self.source.clone(),
            height: self.height,
            sequence: self.sequence,
        }
    }
}

/// A coin with the price in US dollars at which it was valued.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CoinPrice {
    /// Coin.
    pub coin: Coin,
    /// Price of one base unit's display unit.
    pub price: Dec,
}

impl CoinPrice {
    fn from_field(event: &Fields, name: &str) -> Result<Option<Self>, String> {
        if matches!(event.get(name), None | Some(Value::Null)) {
            return Ok(None);
        }
        let pair = fields::object(event, name)?;
        Ok(Some(Self {
            coin: fields::coin(fields::value(pair, "coin")?)?,
            price: fields::dec(pair, "price")?,
        }))
    }

    fn json(&self) -> Value {
        json!({"coin": coin_json(&self.coin), "price": self.price.to_string()})
    }
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Record {
    /// Asked for, not yet done.
    Pending {
        /// Who asked.
        owner: String,
        /// Who receives.
        to: String,
        /// What is burned.
        burn: Coin,
        /// What is minted.
        mint_denom: String,
    },
    /// Done.
    Executed(Box<Executed>),
    /// Given up; the coins went back.
    Canceled {
        /// Who asked.
        owner: String,
        /// Who would have received.
        to: String,
        /// What would have been burned.
        burn: Coin,
        /// What would have been minted.
        mint_denom: String,
        /// Reason as the chain names it.
        reason: String,
    },
}

/// An executed record.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Executed {
    /// Whose coins were burned.
    pub burned_from: String,
    /// Who received.
    pub minted_to: String,
    /// Module that burned.
    pub burner: String,
    /// Module that minted.
    pub minter: String,
    /// Burned; absent where AKT went to the vault instead.
    pub burned: Option<CoinPrice>,
    /// Newly minted; absent where credit covered all.
    pub minted: Option<CoinPrice>,
    /// Part of the minted coins that stayed in the vault.
    pub spread: Coin,
    /// Taken from the credit.
    pub remint_credit_issued: Option<CoinPrice>,
    /// Added to the credit.
    pub remint_credit_accrued: Option<CoinPrice>,
}

impl Record {
    /// From the fields of `EventLedgerRecordExecuted`.
    pub(super) fn executed(event: &Fields) -> Result<Executed, String> {
        Ok(Executed {
            burned_from: fields::text(event, "burned_from")?.to_owned(),
            minted_to: fields::text(event, "minted_to")?.to_owned(),
            burner: fields::text(event, "burner")?.to_owned(),
            minter: fields::text(event, "minter")?.to_owned(),
            burned: CoinPrice::from_field(event, "burned")?,
            minted: CoinPrice::from_field(event, "minted")?,
            spread: fields::coin(fields::value(event, "spread")?)?,
            remint_credit_issued: CoinPrice::from_field(event, "remint_credit_issued")?,
            remint_credit_accrued: CoinPrice::from_field(event, "remint_credit_accrued")?,
        })
    }

    /// From the fields of `EventLedgerRecordCanceled`.
    pub(super) fn canceled(event: &Fields) -> Result<Self, String> {
        Ok(Self::Canceled {
            owner: fields::text(event, "owner")?.to_owned(),
            to: fields::text(event, "to")?.to_owned(),
            burn: fields::coin(fields::value(event, "coins_to_burn")?)?,
            mint_denom: fields::text(event, "denom_to_mint")?.to_owned(),
            reason: fields::text(event, "cancel_reason")?.to_owned(),
        })
    }

    /// Status as the chain names it.
    pub const fn status(&self) -> &'static str {
        match self {
            Self::Pending { .. } => "ledger_record_status_pending",
            Self::Executed(_) => "ledger_record_status_executed",
            Self::Canceled { .. } => "ledger_record_status_canceled",
        }
    }

    /// The record as the chain's REST answer prints it. `with_attempts`: v2.1.0+ prints the number of
    /// failed attempts of a pending record, which no event tells (always 0 here).
    pub fn json(&self, with_attempts: bool) -> Value {
        match self {
            Self::Pending {
                owner,
                to,
                burn,
                mint_denom,
            } => {
                let mut pending = json!({
                    "owner": owner, "to": to, "coins_to_burn": coin_json(burn), "denom_to_mint": mint_denom,
                });
                if with_attempts {
                    pending["attempts"] = json!(0);
                }
                pending
            }
            Self::Executed(executed) => executed.json(),
            Self::Canceled {
                owner,
                to,
                burn,
                mint_denom,
                reason,
            } => json!({
                "owner": owner, "cancel_reason": reason, "to": to,
                "coins_to_burn": coin_json(burn), "denom_to_mint": mint_denom,
            }),
        }
    }
}

impl Executed {
    fn json(&self) -> Value {
        let priced = |pair: &Option<CoinPrice>| pair.as_ref().map(CoinPrice::json);
        json!({
            "burned_from": self.burned_from,
            "minted_to": self.minted_to,
            "burner": self.burner,
            "minter": self.minter,
            "burned": priced(&self.burned),
            "minted": priced(&self.minted),
            "spread": coin_json(&self.spread),
            "remint_credit_issued": priced(&self.remint_credit_issued),
            "remint_credit_accrued": priced(&self.remint_credit_accrued),
        })
    }
}

/// A coin as the chain's JSON prints it: the amount is text.
pub(super) fn coin_json(coin: &Coin) -> Value {
    json!({"denom": coin.denom, "amount": coin.amount.to_string()})
}
