//! Parameters that the state machine needs: from the genesis, then from what governance ran.

use super::fields::{self, Fields};
use serde_json::Value;
use std::collections::BTreeMap;

/// Share of each payout that goes to the community pool (until v1.2.x), in percent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TakeParams {
    /// Percent by denomination.
    pub rates: BTreeMap<String, u32>,
    /// Percent for all others.
    pub default_rate: u32,
}

impl Default for TakeParams {
    /// The defaults of the module: 2 % of AKT, 20 % of anything else.
    fn default() -> Self {
        Self {
            rates: BTreeMap::from([("uakt".to_owned(), 2)]),
            default_rate: 20,
        }
    }
}

impl TakeParams {
    /// Percent taken of a payout in `denom`.
    pub fn rate(&self, denom: &str) -> u32 {
        self.rates.get(denom).copied().unwrap_or(self.default_rate)
    }

    /// From the `params` of a genesis.
    pub(super) fn from_json(params: &Fields) -> Result<Self, String> {
        Ok(Self {
            rates: rates(fields::list(params, "denom_take_rates")?)?,
            default_rate: fields::integer(params, "default_take_rate")?,
        })
    }

    /// One parameter of a legacy `ParameterChangeProposal` on the subspace `take`: the value is JSON text.
    fn change(&mut self, key: &str, value: &str) -> Result<(), String> {
        let parsed: Value = serde_json::from_str(value).map_err(|error| format!("take parameter {key}: {error}"))?;
        match key {
            "DenomTakeRates" => {
                let items = parsed.as_array().ok_or("take rates are no list")?;
                self.rates = rates(items)?;
            }
            "DefaultTakeRate" => {
                let holder = Fields::from_iter([(key.to_owned(), parsed)]);
                self.default_rate = fields::integer(&holder, key)?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn rates(items: &[Value]) -> Result<BTreeMap<String, u32>, String> {
    let one = |item: &Value| {
        let item = item.as_object().ok_or("a take rate is no object")?;
        Ok((fields::text(item, "denom")?.to_owned(), fields::integer(item, "rate")?))
    };
    items.iter().map(one).collect()
}

/// Parameters of the oracle as far as they decide what is stored.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OracleParams {
    /// Addresses that may feed.
    pub sources: Vec<String>,
    /// How long a price is kept, nanoseconds.
    pub price_retention_ns: i64,
    /// Epoch at whose end old prices go.
    pub prune_epoch: String,
    /// How many may go at once.
    pub max_prune_per_epoch: i64,
}

impl Default for OracleParams {
    /// The defaults of v2.1.0, sources apart.
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            price_retention_ns: 86_400_000_000_000,
            prune_epoch: "hour".to_owned(),
            max_prune_per_epoch: 1_000,
        }
    }
}

impl OracleParams {
    /// From the `params` of a genesis. A genesis of v2.0 has no retention: nothing is pruned then.
    pub(super) fn from_json(params: &Fields) -> Result<Self, String> {
        let source = |value: &Value| {
            value
                .as_str()
                .map(str::to_owned)
                .ok_or("a source is no text".to_owned())
        };
        let sources = fields::list(params, "sources")?
            .iter()
            .map(source)
            .collect::<Result<_, _>>()?;
        if !params.contains_key("price_retention") {
            return Ok(Self {
                sources,
                ..Self::default()
            });
        }
        Ok(Self {
            sources,
            price_retention_ns: fields::duration_ns(params, "price_retention")?,
            prune_epoch: fields::text(params, "prune_epoch")?.to_owned(),
            max_prune_per_epoch: fields::integer(params, "max_prune_per_epoch")?,
        })
    }
}

/// What a governance message changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Update {
    /// `akash.take.v1.MsgUpdateParams`.
    Take(TakeParams),
    /// `akash.oracle.v1` or `.v2.MsgUpdateParams`.
    Oracle(OracleParams),
}

/// Reads a `MsgUpdateParams`; other modules' parameters decide nothing here.
pub(super) fn update(type_url: &str, value: &[u8]) -> Result<Option<Update>, String> {
    let broken = |error: prost::DecodeError| format!("{type_url}: {error}");
    match type_url {
        "/akash.take.v1.MsgUpdateParams" => {
            let message: wire::TakeUpdate = prost::Message::decode(value).map_err(broken)?;
            let params = message.params.unwrap_or_default();
            let rates = params.denom_take_rates.into_iter().map(|rate| (rate.denom, rate.rate));
            Ok(Some(Update::Take(TakeParams {
                rates: rates.collect(),
                default_rate: params.default_take_rate,
            })))
        }
        "/akash.oracle.v2.MsgUpdateParams" => {
            let message: wire::OracleUpdate = prost::Message::decode(value).map_err(broken)?;
            let params = message.params.unwrap_or_default();
            let retention = params.price_retention.unwrap_or_default();
            let seconds = retention.seconds.checked_mul(1_000_000_000);
            let retention_ns = seconds.and_then(|ns| ns.checked_add(i64::from(retention.nanos)));
            Ok(Some(Update::Oracle(OracleParams {
                sources: params.sources,
                price_retention_ns: retention_ns.ok_or("the price retention is out of range")?,
                prune_epoch: params.prune_epoch,
                max_prune_per_epoch: params.max_prune_per_epoch,
            })))
        }
        "/akash.oracle.v1.MsgUpdateParams" => {
            let message: wire::OracleV1Update = prost::Message::decode(value).map_err(broken)?;
            let sources = message.params.unwrap_or_default().sources;
            Ok(Some(Update::Oracle(OracleParams {
                sources,
                ..OracleParams::default()
            })))
        }
        _ => Ok(None),
    }
}

/// Applies a legacy content: a `ParameterChangeProposal` may change the take (until v0.38).
pub(super) fn legacy_change(take: &mut TakeParams, type_url: &str, value: &[u8]) -> Result<(), String> {
    if type_url != "/cosmos.params.v1beta1.ParameterChangeProposal" {
        return Ok(());
    }
    let content: wire::ParameterChanges =
        prost::Message::decode(value).map_err(|error| format!("{type_url}: {error}"))?;
    for change in content.changes.iter().filter(|change| change.subspace == "take") {
        take.change(&change.key, &change.value)?;
    }
    Ok(())
}

/// Wire forms: only the fields that are read.
mod wire {
    use crate::chain::akash::proto::Duration;

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct TakeUpdate {
        #[prost(message, optional, tag = "2")]
        pub(super) params: Option<Take>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Take {
        #[prost(message, repeated, tag = "1")]
        pub(super) denom_take_rates: Vec<Rate>,
        #[prost(uint32, tag = "2")]
        pub(super) default_take_rate: u32,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Rate {
        #[prost(string, tag = "1")]
        pub(super) denom: String,
        #[prost(uint32, tag = "2")]
        pub(super) rate: u32,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct OracleUpdate {
        #[prost(message, optional, tag = "2")]
        pub(super) params: Option<Oracle>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Oracle {
        #[prost(string, repeated, tag = "1")]
        pub(super) sources: Vec<String>,
        #[prost(message, optional, tag = "7")]
        pub(super) price_retention: Option<Duration>,
        #[prost(string, tag = "8")]
        pub(super) prune_epoch: String,
        #[prost(int64, tag = "9")]
        pub(super) max_prune_per_epoch: i64,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct OracleV1Update {
        #[prost(message, optional, tag = "2")]
        pub(super) params: Option<OracleV1>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct OracleV1 {
        #[prost(string, repeated, tag = "1")]
        pub(super) sources: Vec<String>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct ParameterChanges {
        #[prost(message, repeated, tag = "3")]
        pub(super) changes: Vec<ParameterChange>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct ParameterChange {
        #[prost(string, tag = "1")]
        pub(super) subspace: String,
        #[prost(string, tag = "2")]
        pub(super) key: String,
        #[prost(string, tag = "3")]
        pub(super) value: String,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use prost::Message;

    #[test]
    fn governance_changes_the_retention_of_prices() {
        let message = wire::OracleUpdate {
            params: Some(wire::Oracle {
                sources: vec!["akash1a".to_owned()],
                price_retention: Some(crate::chain::akash::proto::Duration { seconds: 30, nanos: 5 }),
                prune_epoch: "minute".to_owned(),
                max_prune_per_epoch: 9,
            }),
        };
        let Some(Update::Oracle(params)) =
            update("/akash.oracle.v2.MsgUpdateParams", &message.encode_to_vec()).unwrap()
        else {
            panic!("an oracle update")
        };
        assert_eq!(
            (params.price_retention_ns, params.max_prune_per_epoch),
            (30_000_000_005, 9)
        );
        assert_eq!((params.prune_epoch.as_str(), params.sources.len()), ("minute", 1));
    }

    #[test]
    fn governance_changes_the_take_in_either_era() {
        let message = wire::TakeUpdate {
            params: Some(wire::Take {
                denom_take_rates: vec![wire::Rate {
                    denom: "uakt".to_owned(),
                    rate: 4,
                }],
                default_take_rate: 10,
            }),
        };
        let Some(Update::Take(mut take)) = update("/akash.take.v1.MsgUpdateParams", &message.encode_to_vec()).unwrap()
        else {
            panic!("a take update")
        };
        assert_eq!((take.rate("uakt"), take.rate("x")), (4, 10));
        let change = |key: &str, value: &str| wire::ParameterChange {
            subspace: "take".to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let content = wire::ParameterChanges {
            changes: vec![
                change("DenomTakeRates", r#"[{"denom":"uakt","rate":3}]"#),
                change("DefaultTakeRate", "15"),
            ],
        };
        let bytes = content.encode_to_vec();
        legacy_change(&mut take, "/cosmos.params.v1beta1.ParameterChangeProposal", &bytes).unwrap();
        assert_eq!((take.rate("uakt"), take.rate("x")), (3, 15));
    }

    #[test]
    fn a_broken_update_is_an_error() {
        assert!(update("/akash.take.v1.MsgUpdateParams", &[0xff]).is_err());
        assert_eq!(update("/akash.market.v1beta5.MsgUpdateParams", &[0xff]).unwrap(), None);
    }
}
