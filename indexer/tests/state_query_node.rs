//! The replayed query node answers by the meaning of a request, over gRPC and over the gateway.
#![allow(clippy::unwrap_used)]

mod state_support;

use gridproof_indexer::source::replay::{StateFault, StateFaultKind, StateOptions, serve_state};
use serde_json::Value;
use state_support::{Wire, grpc, page_request, rest, testdata};
use tonic::Code;

const LEASES: &str = "akash.market.v1beta5.Query/Leases";
const LEASES_PATH: &str = "akash/market/v1beta5/leases/list";

fn recorded(height: u64, file: &str) -> Vec<Value> {
    let path = testdata("akash-gridlocal-1").join(format!("state/{height}/{file}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[tokio::test]
async fn pages_of_any_size_hold_the_recorded_objects_in_their_order() {
    let node = serve_state(&testdata("akash-gridlocal-1"), StateOptions::default())
        .await
        .unwrap();
    let whole = grpc(&node.grpc_url(), LEASES, page_request(2, &[], 1000), Some("860"))
        .await
        .unwrap();
    assert_eq!(whole.height.as_deref(), Some("860"));
    let all = whole.wire().of(1);
    assert_eq!(all.len(), 156);
    for limit in [7, 50, 155, 156] {
        let (mut joined, mut key) = (Vec::new(), Vec::new());
        loop {
            let page = grpc(&node.grpc_url(), LEASES, page_request(2, &key, limit), Some("860"))
                .await
                .unwrap();
            let objects = page.wire().of(1);
            assert!(objects.len() as u64 <= limit);
            joined.extend(objects);
            key = Wire(page.wire().of(2).remove(0)).of(1).pop().unwrap_or_default();
            if key.is_empty() {
                break;
            }
        }
        assert_eq!(joined, all, "limit {limit}");
    }
}

#[tokio::test]
async fn a_page_request_in_the_wrong_field_is_not_seen() {
    let node = serve_state(&testdata("akash-gridlocal-1"), StateOptions::default())
        .await
        .unwrap();
    let ask = |field| {
        let url = node.grpc_url();
        async move {
            let request = page_request(field, &[], 3);
            grpc(&url, "akash.escrow.v1.Query/Payments", request, Some("860"))
                .await
                .unwrap()
                .wire()
                .of(1)
                .len()
        }
    };
    assert_eq!((ask(6).await, ask(5).await), (3, 100));
}

#[tokio::test]
async fn the_gateway_has_every_height_with_a_state() {
    let node = serve_state(&testdata("akash-gridlocal-1"), StateOptions::default())
        .await
        .unwrap();
    for height in [286, 573, 860] {
        let (mut joined, mut key) = (Vec::new(), String::new());
        loop {
            let query = [("pagination.limit", "50"), ("pagination.key", key.as_str())];
            let page = rest(&node.rest_url(), LEASES_PATH, &query, Some(height)).await;
            assert_eq!((page.status, page.height), (200, Some(height)));
            joined.extend(page.body["leases"].as_array().unwrap().clone());
            match page.body["pagination"]["next_key"].as_str() {
                Some(next) => key = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(joined, recorded(height, "leases"));
    }
}

#[tokio::test]
async fn heights_without_a_state_are_refused_in_the_words_of_a_node() {
    let node = serve_state(&testdata("akash-gridlocal-1"), StateOptions::default())
        .await
        .unwrap();
    let refused = async |height: &str| {
        let request = page_request(2, &[], 50);
        grpc(&node.grpc_url(), LEASES, request, Some(height)).await.unwrap_err()
    };
    let recorded: Value =
        serde_json::from_slice(&std::fs::read(testdata("akash-gridlocal-1").join("grpc/errors.json")).unwrap())
            .unwrap();
    for height in ["999999999", "-1"] {
        let said = refused(height).await;
        let expected = &recorded[format!("/{LEASES}@{height}")];
        assert_eq!(
            (said.code(), said.message()),
            (Code::Unknown, expected["details"].as_str().unwrap())
        );
    }
    let said = refused("286").await;
    assert!(
        said.message().contains("failed to load state at height 286"),
        "{said:?}"
    );
    let said = grpc(&node.grpc_url(), "akash.nope.v1.Query/Nothing", Vec::new(), Some("860"))
        .await
        .unwrap_err();
    assert_eq!(
        (said.code(), said.message()),
        (Code::Unimplemented, "unknown service akash.nope.v1.Query")
    );
    let answer = rest(&node.rest_url(), LEASES_PATH, &[], Some(999)).await;
    assert_eq!((answer.status, answer.body["code"].as_i64()), (500, Some(2)));
}

#[tokio::test]
async fn audits_are_of_an_owner_and_the_list_of_all_is_garbage() {
    let node = serve_state(&testdata("akash-gridlocal-1"), StateOptions::default())
        .await
        .unwrap();
    let owner = "akash19vm65w4ddygmymptp6jvjvc8fyj7z309jejync";
    let mut request = vec![0x0a, owner.len() as u8];
    request.extend_from_slice(owner.as_bytes());
    let method = "akash.audit.v1.Query/ProviderAttributes";
    let answer = grpc(&node.grpc_url(), method, request, Some("860")).await.unwrap();
    assert_eq!(Wire(answer.wire().of(1).remove(0)).of(1), [owner.as_bytes()]);
    let nobody = grpc(&node.grpc_url(), method, b"\x0a\x07akash1x".to_vec(), Some("860"))
        .await
        .unwrap_err();
    assert_eq!(nobody.code(), Code::NotFound);
    let path = format!("akash/audit/v1/audit/attributes/{owner}/list");
    let answer = rest(&node.rest_url(), &path, &[], Some(860)).await;
    assert_eq!(answer.body["providers"][0]["attributes"][0]["value"], "silver");
    let all = grpc(
        &node.grpc_url(),
        "akash.audit.v1.Query/AllProvidersAttributes",
        Vec::new(),
        Some("860"),
    )
    .await;
    assert_eq!(
        Wire(all.unwrap().wire().of(1).remove(0)).of(1),
        [b"\n\x04tier\x12\x06silver"]
    );
}

#[tokio::test]
async fn a_node_that_ignored_the_limit_ignores_it_here() {
    let node = serve_state(&testdata("akash-gridlocal-v12"), StateOptions::default())
        .await
        .unwrap();
    let accounts = grpc(
        &node.grpc_url(),
        "akash.escrow.v1.Query/Accounts",
        page_request(5, &[], 50),
        Some("582"),
    )
    .await;
    assert_eq!(accounts.unwrap().wire().of(1).len(), 238);
    let leases = grpc(&node.grpc_url(), LEASES, page_request(2, &[], 50), Some("582")).await;
    assert_eq!(leases.unwrap().wire().of(1).len(), 50);
}

#[tokio::test]
async fn a_version_has_its_own_services() {
    let node = serve_state(&testdata("akash-gridlocal-all"), StateOptions::default())
        .await
        .unwrap();
    let status = async |height, path| rest(&node.rest_url(), path, &[], Some(height)).await.status;
    assert_eq!(status(65, "akash/market/v1beta4/leases/list").await, 200);
    assert_eq!(status(65, LEASES_PATH).await, 501);
    assert_eq!(status(456, "akash/oracle/v1/prices").await, 200);
    assert_eq!(status(718, "akash/oracle/v2/prices").await, 200);
    assert_eq!(status(266, "akash/take/v1/params").await, 200);
    assert_eq!(status(718, "akash/take/v1/params").await, 501);
}

#[tokio::test]
async fn the_newest_block_is_a_little_ahead_of_the_last_state() {
    let node = serve_state(&testdata("akash-gridlocal-1"), StateOptions::default())
        .await
        .unwrap();
    let blocks = "cosmos/base/tendermint/v1beta1/blocks";
    let latest = rest(&node.rest_url(), &format!("{blocks}/latest"), &[], None)
        .await
        .body;
    assert_eq!(latest["block"]["header"]["height"], "870");
    let last = rest(&node.rest_url(), &format!("{blocks}/860"), &[], None).await.body;
    assert_eq!(last["block"]["header"]["chain_id"], "gridlocal-1");
    let service = "cosmos.base.tendermint.v1beta1.Service/GetBlockByHeight";
    let block = grpc(&node.grpc_url(), service, vec![0x08, 0xdc, 0x06], None)
        .await
        .unwrap();
    let header = Wire(Wire(block.wire().of(2).remove(0)).of(1).remove(0));
    assert_eq!(header.of(2), [b"gridlocal-1"]);
    node.set_tip(600);
    let latest = rest(&node.rest_url(), &format!("{blocks}/latest"), &[], None)
        .await
        .body;
    assert_eq!(latest["block"]["header"]["height"], "600");
}

#[tokio::test]
async fn a_fault_spoils_its_method_alone() {
    let options = StateOptions {
        faults: vec![StateFault::of(StateFaultKind::IgnoreLimit, "Leases")],
        ..StateOptions::default()
    };
    let node = serve_state(&testdata("akash-gridlocal-1"), options).await.unwrap();
    let leases = grpc(&node.grpc_url(), LEASES, page_request(2, &[], 50), Some("860"))
        .await
        .unwrap();
    assert_eq!(leases.wire().of(1).len(), 156);
    let orders = grpc(
        &node.grpc_url(),
        "akash.market.v1beta5.Query/Orders",
        page_request(2, &[], 50),
        None,
    )
    .await;
    assert_eq!(orders.unwrap().wire().of(1).len(), 50);
}
