//! Documents and the rows that they give.
#![allow(clippy::unwrap_used)]

use super::derive::derive;
use super::{Answer, Check, Header, INVENTORY, Told};
use crate::chain::akash::inventory::{Amount, GpuCount, GpuKind, Node, ProviderStatus, Resources};
use crate::chain::{Fault, SERIES};
use gridproof_store::batch::{Batch, Origin};

fn kind(model: &str) -> GpuKind {
    GpuKind::of("nvidia", model, "80Gi", "SXM5")
}

fn node(allocatable: i64, allocated: i64, cards: &[(&str, u32)]) -> Node {
    let gpus = cards.iter().map(|(model, cards)| GpuCount {
        kind: kind(model),
        served: kind(model),
        cards: *cards,
    });
    Node {
        resources: Resources {
            gpu: Amount { allocatable, allocated },
            ..Resources::default()
        },
        gpus: gpus.collect(),
        ..Node::default()
    }
}

fn document(checks: &[Check]) -> Vec<u8> {
    let mut text = serde_json::to_vec(&Header { height: 77 }).unwrap();
    for check in checks {
        text.push(b'\n');
        text.extend(serde_json::to_vec(check).unwrap());
    }
    text
}

fn alive(told: Option<Told>) -> Check {
    Check {
        at_ms: 1_790_000_000_000,
        owner: "akash1a".into(),
        host_uri: "https://a:8443".into(),
        answer: Answer::Alive {
            via: "stream".into(),
            latency_ms: Some(12),
            version: "v0.14.0".into(),
            told: told.map(Box::new),
        },
    }
}

fn rows(checks: &[Check]) -> Batch {
    let origin = Origin {
        network: "akash".into(),
        chain_id: "akashnet-2".into(),
    };
    derive(origin, 5, &document(checks)).unwrap()
}

/// Cards in the inventory and free ones of a kind, as its row ends: two nullable numbers before the null of `measured`.
fn ends_with(batch: &Batch, model: &str, inventory: Option<u32>, available: Option<u32>) -> bool {
    let nullable = |value: Option<u32>| match value {
        Some(value) => [&[0][..], &value.to_le_bytes()].concat(),
        None => vec![1],
    };
    let end = [nullable(inventory), nullable(available), vec![1]].concat();
    let named = |row: &[u8]| row.windows(model.len()).any(|part| part == model.as_bytes());
    batch.tables["provider_gpus"]
        .iter()
        .any(|row| named(row) && row.ends_with(&end))
}

#[test]
fn a_check_is_a_row_and_a_status_that_changed_is_a_snapshot_with_its_gpus() {
    let status = ProviderStatus {
        nodes: vec![node(8, 6, &[("h100", 8)]), node(4, 4, &[("h100", 2), ("a100", 2)])],
        gpus: Some(vec![
            GpuCount {
                kind: kind("a100"),
                served: kind("a100"),
                cards: 2,
            },
            GpuCount {
                kind: kind("h100"),
                served: kind("h100"),
                cards: 10,
            },
        ]),
        ..ProviderStatus::default()
    };
    let told = Told {
        advertised: vec![kind("h100"), kind("b200")],
        status,
    };
    let batch = rows(&[alive(None), alive(Some(told))]);
    let counts: Vec<_> = batch.tables.iter().map(|(name, rows)| (*name, rows.rows)).collect();
    assert_eq!(
        counts,
        [("provider_checks", 2), ("provider_gpus", 3), ("provider_snapshots", 1)]
    );
    assert!(ends_with(&batch, "h100", Some(10), Some(2)));
    assert!(ends_with(&batch, "a100", Some(2), Some(0)));
    assert!(ends_with(&batch, "b200", Some(0), Some(0)), "advertised and not there");
    assert_eq!(batch.digests.keys().collect::<Vec<_>>(), [&5]);
}

#[test]
fn a_node_of_several_kinds_does_not_say_which_cards_are_free() {
    let cards = [("h100", 2), ("a100", 2)];
    let kinds = || {
        Some(
            ["a100", "h100"]
                .map(|model| GpuCount {
                    kind: kind(model),
                    served: kind(model),
                    cards: 2,
                })
                .to_vec(),
        )
    };
    for (allocated, free) in [(0, Some(2)), (1, None), (4, Some(0)), (9, Some(0))] {
        let status = ProviderStatus {
            nodes: vec![node(4, allocated, &cards)],
            gpus: kinds(),
            ..ProviderStatus::default()
        };
        let batch = rows(&[alive(Some(Told {
            advertised: Vec::new(),
            status,
        }))]);
        assert!(ends_with(&batch, "h100", Some(2), free), "{allocated} taken");
    }
}

#[test]
fn a_refusal_is_a_row_with_its_code_and_nothing_else() {
    let refused = Check {
        answer: Answer::Refused {
            code: "address_private".into(),
            reason: "10.0.0.1 is private".into(),
        },
        ..alive(None)
    };
    let batch = rows(&[refused]);
    assert_eq!(batch.tables.keys().collect::<Vec<_>>(), [&"provider_checks"]);
    let row = batch.tables["provider_checks"].iter().next().unwrap();
    assert!(row.windows(16).any(|part| part == b"\x0faddress_private"));
}

#[test]
fn the_same_document_gives_the_same_rows_and_what_is_none_is_rejected() {
    let checks = [alive(None)];
    assert_eq!(rows(&checks).digest(), rows(&checks).digest());
    let origin = rows(&checks).origin;
    for bad in [
        &b""[..],
        b"{}",
        b"{\"height\":1}\nnothing",
        b"{\"height\":1,\"more\":2}",
    ] {
        let rejected = derive(origin.clone(), 5, bad).unwrap_err();
        assert_eq!((rejected.fault, rejected.height), (Fault::BadBody, 5));
    }
    assert!(
        SERIES.iter().any(|kind| kind.stage == INVENTORY.stage),
        "verify and reindex know it"
    );
}
