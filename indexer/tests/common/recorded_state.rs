//! What a recorded node answered, as a source of whole states would hand it over.
//!
//! The module that includes this file brings `Encoding`, `RawAnswer` and `RawState` into scope: so unit tests and
//! integration tests of any crate can share it (`#[path = "…/tests/common/recorded_state.rs"] mod recorded_state;`).

use super::{Encoding, RawAnswer, RawState};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Files of a `state/HEIGHT` folder with the query that they answer; `{oracle}` is the oracle's version.
const FILES: [(&str, &str); 17] = [
    ("deployments", "akash.deployment.v1beta4.Query/Deployments"),
    ("orders", "akash.market.v1beta5.Query/Orders"),
    ("bids", "akash.market.v1beta5.Query/Bids"),
    ("leases", "akash.market.v1beta5.Query/Leases"),
    ("escrow_accounts", "akash.escrow.v1.Query/Accounts"),
    ("escrow_payments", "akash.escrow.v1.Query/Payments"),
    ("providers", "akash.provider.v1beta4.Query/Providers"),
    ("audited_attributes", "akash.audit.v1.Query/ProviderAttributes"),
    ("bme_ledger", "akash.bme.v1.Query/LedgerRecords"),
    ("bme_params", "akash.bme.v1.Query/Params"),
    ("bme_status", "akash.bme.v1.Query/Status"),
    ("bme_vault", "akash.bme.v1.Query/VaultState"),
    ("oracle_aggregated_akt", "akash.oracle.{oracle}.Query/AggregatedPrice"),
    ("oracle_params", "akash.oracle.{oracle}.Query/Params"),
    ("oracle_prices", "akash.oracle.{oracle}.Query/Prices"),
    ("supply", "cosmos.bank.v1beta1.Query/TotalSupply"),
    ("take_params", "akash.take.v1.Query/Params"),
];

/// A folder of `testdata`.
pub(crate) fn recording(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(name)
}

fn document(path: &Path) -> Option<Value> {
    let text = std::fs::read(path).ok()?;
    Some(serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// An empty state of a height; time and hash are those of its header.
pub(crate) fn header(folder: &Path, height: u64) -> RawState {
    let about = document(&folder.join("recording.json")).expect("a recording");
    RawState {
        chain_id: about["chain_id"].as_str().expect("a chain id").to_owned(),
        height,
        time_ns: 1_795_430_000_000_000_000,
        block_hash: "AB".repeat(32),
        endpoint: "recording".to_owned(),
        answers: Vec::new(),
    }
}

/// The state as the REST gateway answered it, all pages of a list joined.
pub(crate) fn from_rest(name: &str, height: u64) -> RawState {
    let folder = recording(name);
    let mut state = header(&folder, height);
    add_rest(&folder, &mut state);
    state
}

/// The state at the last height as gRPC answered it. `large`: pages of 1,000 where there are some. What was not
/// recorded as gRPC comes from the gateway.
pub(crate) fn from_grpc(name: &str, height: u64, large: bool) -> RawState {
    let folder = recording(name);
    let mut state = header(&folder, height);
    let files = std::fs::read_dir(folder.join("grpc")).expect("a grpc folder");
    for path in files.map(|entry| entry.expect("a readable entry").path()) {
        let file = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name")
            .to_owned();
        let has_large = folder
            .join("grpc")
            .join(file.replace(".json", ".limit1000.json"))
            .exists();
        if file == "errors.json" || file.contains("limit1000") != large && (has_large || file.contains("limit1000")) {
            continue;
        }
        add_grpc(&document(&path).expect("a file"), &mut state);
    }
    add_rest(&folder, &mut state);
    state
}

fn add_grpc(document: &Value, state: &mut RawState) {
    let method = document["method"].as_str().expect("a method").trim_start_matches('/');
    if method.ends_with("AllProvidersAttributes") {
        return;
    }
    let by_subject = method.ends_with("ProviderAttributes");
    for (number, page) in (0..).zip(document["pages"].as_array().expect("pages")) {
        let bytes = |name: &str| STANDARD.decode(page[name].as_str().expect("base64")).expect("base64");
        // The owner is field 1 of the request: a tag, a length below 128, the text.
        let subject = if by_subject {
            String::from_utf8(bytes("request")[2..46].to_vec()).expect("an owner")
        } else {
            String::new()
        };
        state.answers.push(RawAnswer {
            method: method.to_owned(),
            page: if by_subject { 0 } else { number },
            subject,
            encoding: Encoding::Proto,
            body: bytes("response").into(),
        });
    }
    order(state);
}

fn add_rest(folder: &Path, state: &mut RawState) {
    let folder = folder.join("state").join(state.height.to_string());
    let prices = document(&folder.join("oracle_prices.json"));
    let by_height = prices.is_some_and(|prices| prices[0]["id"].get("height").is_some());
    for (file, method) in FILES {
        let method = method.replace("{oracle}", if by_height { "v1" } else { "v2" });
        let known = state.answers.iter().any(|answer| answer.method == method);
        let Ok(body) = std::fs::read(folder.join(format!("{file}.json"))) else {
            continue;
        };
        if !known {
            state.answers.push(RawAnswer {
                subject: if file == "oracle_aggregated_akt" {
                    "akt".to_owned()
                } else {
                    String::new()
                },
                method,
                page: 0,
                encoding: Encoding::Json,
                body: body.into(),
            });
        }
    }
    order(state);
}

fn order(state: &mut RawState) {
    let key = |answer: &RawAnswer| (answer.method.clone(), answer.subject.clone(), answer.page);
    state.answers.sort_by_key(key);
}
