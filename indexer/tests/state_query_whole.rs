//! A state that was asked of a node holds what the recording holds: by gRPC and by the gateway, in pages of any size.
#![allow(clippy::unwrap_used)]

mod state_support;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use gridproof_indexer::source::replay::{
    StateFault, StateFaultKind, StateHandle, StateOptions, TipPolicy, serve_state,
};
use gridproof_indexer::source::{
    Encoding, QueryConfig, QueryDefect, QueryError, RawState, StateHeight, StateProgress, StateQuery, StateSource,
};
use serde_json::Value;
use state_support::{Wire, testdata};

const CHAIN: &str = "gridlocal-1";

/// Method, its list in JSON, its file in `grpc/` and in `state/`.
const LISTS: &[(&str, &str, &str)] = &[
    (
        "akash.deployment.v1beta4.Query/Deployments",
        "deployments",
        "deployments",
    ),
    ("akash.market.v1beta5.Query/Orders", "orders", "orders"),
    ("akash.market.v1beta5.Query/Bids", "bids", "bids"),
    ("akash.market.v1beta5.Query/Leases", "leases", "leases"),
    ("akash.escrow.v1.Query/Accounts", "accounts", "escrow_accounts"),
    ("akash.escrow.v1.Query/Payments", "payments", "escrow_payments"),
    ("akash.provider.v1beta4.Query/Providers", "providers", "providers"),
    ("akash.bme.v1.Query/LedgerRecords", "records", "bme_ledger"),
    ("akash.oracle.v2.Query/Prices", "prices", "oracle_prices"),
];

async fn node(name: &str) -> StateHandle {
    serve_state(&testdata(name), StateOptions::default()).await.unwrap()
}

fn config(chain: &str, grpc: &[String], rest: &[String]) -> QueryConfig {
    let mut config = QueryConfig::new(chain, grpc.iter().cloned(), rest.iter().cloned());
    config.limits.pace = Duration::ZERO;
    config.limits.first_wait = Duration::from_millis(5);
    config.limits.request = Duration::from_secs(20);
    config
}

async fn ask(config: QueryConfig, at: StateHeight) -> Result<RawState, QueryError> {
    StateQuery::new(config)?.state(at, &|_| {}).await
}

/// The objects of a method over all pages and subjects, in order.
fn proto(state: &RawState, method: &str) -> Vec<Vec<u8>> {
    state
        .pages(method)
        .flat_map(|page| Wire(page.body.to_vec()).of(1))
        .collect()
}

fn json(state: &RawState, method: &str, items: &str) -> Vec<Value> {
    let list = |body: &[u8]| {
        let body: Value = serde_json::from_slice(body).unwrap();
        body[items].as_array().unwrap().clone()
    };
    state.pages(method).flat_map(|page| list(&page.body)).collect()
}

fn recorded_proto(name: &str, method: &str) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let path = testdata(name).join(format!("grpc/{}.json", method.replace('/', ".")));
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let pages = file["pages"].as_array().unwrap().iter();
    let bytes = |page: &Value| {
        let text = page["response"].as_str().unwrap();
        base64::engine::general_purpose::STANDARD.decode(text).unwrap()
    };
    pages.flat_map(|page| Wire(bytes(page)).of(1)).collect()
}

fn recorded_json(name: &str, height: u64, file: &str) -> Value {
    let path = testdata(name).join(format!("state/{height}/{file}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[tokio::test]
async fn pages_of_any_size_give_the_same_objects_over_grpc() {
    let node = node(CHAIN_FOLDER).await;
    for limit in [7, 50, 1000] {
        let mut config = config(CHAIN, &[node.grpc_url()], &[]);
        config.page_limit = limit;
        let state = ask(config, StateHeight::Recent).await.unwrap();
        assert_eq!((state.chain_id.as_str(), state.height), (CHAIN, 860));
        assert_eq!(state.endpoint, node.grpc_url());
        for (method, _, _) in LISTS {
            assert_eq!(
                proto(&state, method),
                recorded_proto(CHAIN_FOLDER, method),
                "{method} by {limit}"
            );
        }
        let mut audits = proto(&state, "akash.audit.v1.Query/ProviderAttributes");
        let mut recorded = recorded_proto(CHAIN_FOLDER, "akash.audit.v1.Query/ProviderAttributes");
        audits.sort();
        recorded.sort();
        assert_eq!(audits, recorded);
        assert_eq!(
            state.pages("akash.market.v1beta5.Query/Leases").count(),
            156_usize.div_ceil(limit as usize)
        );
        assert!(state.answers.iter().all(|answer| answer.encoding == Encoding::Proto));
    }
}

const CHAIN_FOLDER: &str = "akash-gridlocal-1";

#[tokio::test]
async fn pages_of_any_size_give_the_same_objects_over_the_gateway() {
    let node = node(CHAIN_FOLDER).await;
    for (limit, height) in [(7, 860), (50, 573), (1000, 286)] {
        let mut config = config(CHAIN, &[], &[node.rest_url()]);
        config.page_limit = limit;
        let state = ask(config, StateHeight::At(height)).await.unwrap();
        assert_eq!(state.height, height);
        for (method, items, file) in LISTS {
            let recorded = recorded_json(CHAIN_FOLDER, height, file);
            assert_eq!(
                json(&state, method, items),
                *recorded.as_array().unwrap(),
                "{method} by {limit}"
            );
        }
        let by_owner = |list: Vec<Value>| -> BTreeMap<String, Value> {
            list.into_iter()
                .map(|audit| (audit["owner"].to_string(), audit))
                .collect()
        };
        let audits = json(&state, "akash.audit.v1.Query/ProviderAttributes", "providers");
        let recorded = recorded_json(CHAIN_FOLDER, height, "audited_attributes");
        assert_eq!(by_owner(audits), by_owner(recorded.as_array().unwrap().clone()));
        for (method, file) in [
            ("akash.bme.v1.Query/VaultState", "bme_vault"),
            ("akash.bme.v1.Query/Status", "bme_status"),
            ("akash.oracle.v2.Query/Params", "oracle_params"),
            ("akash.oracle.v2.Query/AggregatedPrice", "oracle_aggregated_akt"),
        ] {
            let answer: Value = serde_json::from_slice(&state.pages(method).next().unwrap().body).unwrap();
            assert_eq!(answer, recorded_json(CHAIN_FOLDER, height, file), "{method}");
        }
    }
}

#[tokio::test]
async fn the_block_of_the_height_is_named() {
    let node = node(CHAIN_FOLDER).await;
    let by_grpc = ask(config(CHAIN, &[node.grpc_url()], &[]), StateHeight::Recent)
        .await
        .unwrap();
    let by_rest = ask(config(CHAIN, &[], &[node.rest_url()]), StateHeight::Recent)
        .await
        .unwrap();
    for state in [&by_grpc, &by_rest] {
        assert_eq!(state.height, 860);
        assert_eq!(state.block_hash.len(), 64);
        assert_eq!(state.block_hash, state.block_hash.to_uppercase());
    }
    assert_eq!(
        (&by_grpc.block_hash, by_grpc.time_ns),
        (&by_rest.block_hash, by_rest.time_ns)
    );
    let status: Value =
        serde_json::from_slice(&std::fs::read(testdata(CHAIN_FOLDER).join("status.json")).unwrap()).unwrap();
    assert_eq!(
        status["result"]["sync_info"]["latest_block_hash"],
        by_grpc.block_hash.as_str()
    );
    let sorted = by_grpc.answers.windows(2);
    for pair in sorted {
        let key = |a: &gridproof_indexer::source::RawAnswer| (a.method.clone(), a.subject.clone(), a.page);
        assert!(key(&pair[0]) < key(&pair[1]), "answers are ordered");
    }
}

#[tokio::test]
async fn a_version_without_a_vault_has_its_take_and_one_page_that_ignores_the_limit() {
    let node = node("akash-gridlocal-v12").await;
    let rest = ask(config("gridlocal-v12", &[], &[node.rest_url()]), StateHeight::At(194))
        .await
        .unwrap();
    assert_eq!(rest.pages("akash.take.v1.Query/Params").count(), 1);
    assert_eq!(
        rest.answers
            .iter()
            .filter(|a| a.method.contains("bme") || a.method.contains("oracle"))
            .count(),
        0
    );
    // Three of the six providers had no audit then: the node answers with an error, and there is no page.
    assert_eq!(rest.pages("akash.audit.v1.Query/ProviderAttributes").count(), 3);
    let mut config = config("gridlocal-v12", &[node.grpc_url()], &[]);
    config.page_limit = 50;
    let grpc = ask(config, StateHeight::Recent).await.unwrap();
    assert_eq!(grpc.pages("akash.escrow.v1.Query/Accounts").count(), 1);
    assert_eq!(proto(&grpc, "akash.escrow.v1.Query/Accounts").len(), 238);
    assert_eq!(grpc.pages("akash.market.v1beta5.Query/Leases").count(), 2);
}

#[tokio::test]
async fn a_version_with_the_first_oracle_is_asked_for_that() {
    let node = node("akash-gridlocal-all").await;
    let state = ask(config("gridlocal-all", &[], &[node.rest_url()]), StateHeight::At(456))
        .await
        .unwrap();
    let prices = json(&state, "akash.oracle.v1.Query/Prices", "prices");
    assert_eq!(
        Value::from(prices),
        recorded_json("akash-gridlocal-all", 456, "oracle_prices")
    );
    assert_eq!(state.pages("akash.oracle.v2.Query/Prices").count(), 0);
}

#[tokio::test]
async fn a_version_before_v1_is_refused_by_the_method_that_it_lacks() {
    let node = node("akash-gridlocal-v038").await;
    let error = ask(config("gridlocal-v038", &[node.grpc_url()], &[]), StateHeight::Recent)
        .await
        .unwrap_err();
    assert_eq!(error.defect(), Some(&QueryDefect::Unimplemented), "{error}");
    assert!(error.to_string().contains("v1.0.0"), "{error}");
}

#[tokio::test]
async fn a_chain_that_grows_meanwhile_changes_nothing() {
    let options = StateOptions {
        tip: TipPolicy::Growing {
            start: 600,
            every: Duration::from_millis(2),
        },
        faults: vec![StateFault::of(
            StateFaultKind::Slow(Duration::from_millis(20)),
            "Leases",
        )],
        ..StateOptions::default()
    };
    let node = serve_state(&testdata(CHAIN_FOLDER), options).await.unwrap();
    let mut config = config(CHAIN, &[], &[node.rest_url()]);
    config.page_limit = 7;
    let state = ask(config, StateHeight::At(573)).await.unwrap();
    let leases = json(&state, "akash.market.v1beta5.Query/Leases", "leases");
    assert_eq!(Value::from(leases), recorded_json(CHAIN_FOLDER, 573, "leases"));
}

#[tokio::test]
async fn each_page_is_told_of() {
    let node = node(CHAIN_FOLDER).await;
    let told: Mutex<Vec<StateProgress>> = Mutex::default();
    let query = StateQuery::new(config(CHAIN, &[node.grpc_url()], &[])).unwrap();
    let state = query
        .state(StateHeight::Recent, &|progress| {
            told.lock().unwrap().push(progress.clone())
        })
        .await
        .unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!(told.len(), state.answers.len());
    let last = told.last().unwrap();
    assert_eq!(last.pages as usize, state.answers.len());
    assert_eq!(
        last.bytes,
        state.answers.iter().map(|a| a.body.len() as u64).sum::<u64>()
    );
    assert!(told.iter().all(|p| p.methods_done <= p.methods && !p.method.is_empty()));
}

#[tokio::test]
async fn another_endpoint_starts_again_where_one_fails() {
    let broken = StateOptions {
        faults: vec![StateFault::of(StateFaultKind::Truncated, "Payments")],
        ..StateOptions::default()
    };
    let bad = serve_state(&testdata(CHAIN_FOLDER), broken).await.unwrap();
    let good = node(CHAIN_FOLDER).await;
    let nobody = "http://127.0.0.1:9".to_owned();
    // From gRPC to gRPC, past an address where nobody listens.
    let mut to_grpc = config(CHAIN, &[nobody, bad.grpc_url(), good.grpc_url()], &[]);
    to_grpc.limits.tries = 2;
    let state = ask(to_grpc, StateHeight::Recent).await.unwrap();
    assert_eq!(state.endpoint, good.grpc_url());
    assert_eq!(proto(&state, "akash.escrow.v1.Query/Payments").len(), 156);
    // From gRPC, which has the last height alone, to the gateway.
    let to_rest = config(CHAIN, &[good.grpc_url()], &[good.rest_url()]);
    let state = ask(to_rest, StateHeight::At(286)).await.unwrap();
    assert_eq!(state.endpoint, good.rest_url());
    assert!(state.answers.iter().all(|answer| answer.encoding == Encoding::Json));
}
