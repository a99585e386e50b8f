//! What a recording of Render says by itself: transactions, balances, labels. Nothing here knows our tables or our decoder.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// One balance that a transaction lists.
pub struct Listed {
    pub account: String,
    pub owner: String,
    pub pre: i128,
    pub post: i128,
}

impl Listed {
    pub fn delta(&self) -> i128 {
        self.post - self.pre
    }
}

/// The results of `getTransaction` in JSON, each once, by slot.
pub fn transactions(folder: &Path) -> Vec<Value> {
    let file = std::fs::File::open(folder.join("rpc.jsonl.zst")).unwrap();
    let text = std::io::read_to_string(zstd::Decoder::new(file).unwrap()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let wanted = lines.filter(|line| {
        line["request"]["method"] == "getTransaction" && line["request"]["params"][1]["encoding"] == "json"
    });
    let mut all: BTreeMap<(u64, String), Value> = BTreeMap::new();
    for line in wanted {
        let result = line["response"]["result"].clone();
        let signature = result["transaction"]["signatures"][0].as_str().unwrap().to_owned();
        all.insert((result["slot"].as_u64().unwrap(), signature), result);
    }
    all.into_values().collect()
}

/// The balances that a transaction lists: nothing, where an account is missing before or after.
pub fn listed(result: &Value) -> Vec<Listed> {
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
            let index = usize::try_from(balance["accountIndex"].as_u64().unwrap()).unwrap();
            let amount: i128 = balance["uiTokenAmount"]["amount"].as_str().unwrap().parse().unwrap();
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

/// What each owner gained by a transaction, or lost where below zero.
pub fn owner_deltas(result: &Value) -> BTreeMap<String, i128> {
    let mut deltas = BTreeMap::new();
    for one in listed(result) {
        *deltas.entry(one.owner.clone()).or_insert(0) += one.delta();
    }
    deltas
}
