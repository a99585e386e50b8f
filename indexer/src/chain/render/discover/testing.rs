//! The recorded world as its balances show it: movements and their labels, from the node's answers and not from a decoder.
#![allow(clippy::unwrap_used)]

use super::Transfer;
use crate::chain::akash::dec::Dec;
use crate::chain::render::offchain::liability::{Liability, Wallet};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Folder of the recorded world.
pub(crate) const WORLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/render-world-1");

pub(crate) fn truth(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(Path::new(WORLD).join(name)).unwrap()).unwrap()
}

/// The results of `getTransaction` in JSON, in the order of the recording.
pub(crate) fn transactions() -> Vec<Value> {
    let file = std::fs::File::open(Path::new(WORLD).join("rpc.jsonl.zst")).unwrap();
    let text = std::io::read_to_string(zstd::Decoder::new(file).unwrap()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let wanted = lines.filter(|line| {
        line["request"]["method"] == "getTransaction" && line["request"]["params"][1]["encoding"] == "json"
    });
    wanted.map(|line| line["response"]["result"].clone()).collect()
}

/// The recorded world: every movement from one account to others, as the balances before and after show it.
pub(crate) struct World {
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) watched: Value,
    pub(crate) epochs: Value,
}

impl World {
    pub(crate) fn load() -> Self {
        let transfers = transactions().iter().flat_map(movements).collect();
        let labels = truth("truth_transactions.json");
        let label = |one: &Value| {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            (text("signature"), text("label"))
        };
        Self {
            transfers,
            labels: labels.as_array().unwrap().iter().map(label).collect(),
            watched: truth("accounts.json")["watched"].clone(),
            epochs: truth("truth_epochs.json"),
        }
    }

    pub(crate) fn account(&self, name: &str) -> &str {
        self.watched[name].as_str().unwrap()
    }

    /// Times of an epoch, seconds.
    pub(crate) fn span(&self, epoch: usize) -> (i64, i64) {
        let epoch = &self.epochs[epoch - 1];
        (
            epoch["first_time"].as_i64().unwrap(),
            epoch["last_time"].as_i64().unwrap(),
        )
    }

    /// Payments within an epoch whose label begins so.
    pub(crate) fn payments(&self, epoch: usize, label: &str) -> Vec<&Transfer> {
        let (first, last) = self.span(epoch);
        let of_label = |transfer: &&Transfer| self.labels[&transfer.signature].starts_with(label);
        self.transfers
            .iter()
            .filter(|transfer| (first..=last).contains(&transfer.time_s))
            .filter(of_label)
            .collect()
    }

    /// A record of what was paid within an epoch, each wallet's share in tenths of a base unit: so shares are not exact.
    pub(crate) fn liability(&self, epoch: usize, label: &str, channel: &str, measure: &str) -> Liability {
        let (first, _) = self.span(epoch);
        let mut paid: BTreeMap<&str, u64> = BTreeMap::new();
        for payment in self.payments(epoch, label) {
            assert_eq!(paid.insert(&payment.dest_owner, payment.amount), None, "paid twice");
        }
        let wallet = |(address, amount): (&&str, &u64)| Wallet {
            address: (*address).to_owned(),
            measures: vec![(measure.to_owned(), Dec::from_units(i128::from(amount / 10)).unwrap())],
        };
        Liability {
            epoch: epoch as u32,
            channel: channel.to_owned(),
            starts_at_ms: (first - 7 * 86_400) * 1000,
            ends_at_ms: first * 1000,
            amount_due: paid.values().sum(),
            wallets: paid.iter().map(wallet).collect(),
        }
    }

    pub(crate) fn work(&self, epoch: usize) -> Liability {
        self.liability(epoch, "node_work_reward", "node_operator", "obhUsed")
    }

    pub(crate) fn availability(&self, epoch: usize) -> Liability {
        self.liability(epoch, "availability_reward", "availability", "score")
    }
}

/// A balance that one transaction lists: account, owner, before, after.
pub(crate) struct Listed {
    pub(crate) account: String,
    pub(crate) owner: String,
    pub(crate) pre: u64,
    pub(crate) post: u64,
}

/// The balances that a transaction lists; an account that is missing before or after had or has nothing.
pub(crate) fn listed(result: &Value) -> Vec<Listed> {
    let keys = result["transaction"]["message"]["accountKeys"]
        .as_array()
        .unwrap()
        .iter();
    let loaded = |kind: &str| {
        result["meta"]["loadedAddresses"][kind]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let (writable, readonly) = (loaded("writable"), loaded("readonly"));
    let keys: Vec<&str> = keys
        .chain(&writable)
        .chain(&readonly)
        .map(|key| key.as_str().unwrap())
        .collect();
    let mut all: BTreeMap<usize, Listed> = BTreeMap::new();
    for list in ["preTokenBalances", "postTokenBalances"] {
        for balance in result["meta"][list].as_array().unwrap() {
            let amount: u64 = balance["uiTokenAmount"]["amount"].as_str().unwrap().parse().unwrap();
            let index = balance["accountIndex"].as_u64().unwrap() as usize;
            let one = all.entry(index).or_insert_with(|| Listed {
                account: keys[index].to_owned(),
                owner: balance["owner"].as_str().unwrap().to_owned(),
                pre: 0,
                post: 0,
            });
            *(if list == "preTokenBalances" {
                &mut one.pre
            } else {
                &mut one.post
            }) = amount;
        }
    }
    all.into_values().collect()
}

/// Signature, slot and time of a transaction.
pub(crate) fn identity(result: &Value) -> (String, u64, i64) {
    let signature = result["transaction"]["signatures"][0].as_str().unwrap();
    (
        signature.to_owned(),
        result["slot"].as_u64().unwrap(),
        result["blockTime"].as_i64().unwrap(),
    )
}

/// The movements of one transaction that has one payer.
fn movements(result: &Value) -> Vec<Transfer> {
    let listed = listed(result);
    let payers: Vec<&Listed> = listed.iter().filter(|one| one.post < one.pre).collect();
    let [payer] = payers[..] else { return Vec::new() };
    let (signature, slot, time_s) = identity(result);
    let paid = listed.iter().filter(|one| one.post > one.pre);
    paid.map(|one| Transfer {
        slot,
        time_s,
        signature: signature.clone(),
        source_account: payer.account.clone(),
        source_owner: payer.owner.clone(),
        dest_account: one.account.clone(),
        dest_owner: one.owner.clone(),
        amount: one.post - one.pre,
    })
    .collect()
}
