//! Parameters that settlement depends on.

use super::error::StateError;
use crate::chain::akash::model::Version;
use serde_json::Value;
use std::collections::BTreeMap;

/// Parameters of the take module, in percent.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TakeParams {
    /// Rate by denomination.
    pub rates: BTreeMap<String, u32>,
    /// Rate of every other denomination.
    pub default_rate: u32,
}

impl TakeParams {
    /// The community pool's part of a payout, in whole units: trunc(amount × rate / 100).
    ///
    /// v2.0.0 deleted the module, so nothing is taken from then on.
    pub fn fee(&self, version: Version, denom: &str, amount: i128) -> i128 {
        if version >= Version::V2_0 {
            return 0;
        }
        let rate = i128::from(self.rates.get(denom).copied().unwrap_or(self.default_rate));
        // Split so that no product leaves the range: amount = 100 q + r.
        (amount / 100) * rate + (amount % 100) * rate / 100
    }

    /// Reads `app_state.take.params` of a genesis document. A chain without the module takes nothing.
    pub fn from_genesis(genesis: &Value) -> Result<Self, StateError> {
        let Some(params) = genesis.pointer("/app_state/take/params") else {
            return Ok(Self::default());
        };
        let bad = |what: &str| StateError::Genesis { what: format!("take.params.{what} is not a percentage") };
        let percent = |value: &Value| value.as_u64().and_then(|rate| u32::try_from(rate).ok()).filter(|r| *r <= 100);
        let default_rate = params.get("default_take_rate").and_then(percent).ok_or_else(|| bad("default_take_rate"))?;
        let mut rates = BTreeMap::new();
        for entry in params.get("denom_take_rates").and_then(Value::as_array).into_iter().flatten() {
            let denom = entry.get("denom").and_then(Value::as_str);
            let rate = entry.get("rate").and_then(percent);
            let (Some(denom), Some(rate)) = (denom, rate) else { return Err(bad("denom_take_rates")) };
            rates.insert(denom.to_owned(), rate);
        }
        Ok(Self { rates, default_rate })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn params() -> TakeParams {
        let genesis = json!({"app_state": {"take": {"params": {
            "denom_take_rates": [{"denom": "uakt", "rate": 2}], "default_take_rate": 20}}}});
        TakeParams::from_genesis(&genesis).unwrap()
    }

    #[test]
    fn the_fee_is_cut_to_whole_units() {
        assert_eq!(params().fee(Version::V1_2, "uakt", 149), 2);
        assert_eq!(params().fee(Version::V1_2, "uakt", 49), 0);
        assert_eq!(params().fee(Version::V0_38, "ibc/USDC", 1_000), 200);
    }

    #[test]
    fn no_fee_from_v2_on_and_none_without_the_module() {
        assert_eq!(params().fee(Version::V2_0, "uakt", 1_000), 0);
        let none = TakeParams::from_genesis(&json!({"app_state": {}})).unwrap();
        assert_eq!(none.fee(Version::V0_38, "uakt", 1_000), 0);
    }

    #[test]
    fn a_rate_above_the_whole_is_refused() {
        let genesis = json!({"app_state": {"take": {"params": {"default_take_rate": 101}}}});
        assert!(TakeParams::from_genesis(&genesis).is_err());
    }
}
