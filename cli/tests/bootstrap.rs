//! The state of a chain from what a node answers, followed by blocks, and compared with the chain's own answers.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;
use support::akash::{By, Changed, Nodes};
use support::{Engine, code, json, words};
use tempfile::TempDir;

const FROM_STATE: [&str; 3] = ["backfill", "akash", "--from-state"];

fn from_state(at: &'static str) -> Vec<&'static str> {
    [&FROM_STATE[..], &["--at", at, "--json"]].concat()
}

/// A data folder that began with the state at 286 and followed to the end.
fn followed(nodes: &Nodes) -> TempDir {
    let data = tempfile::tempdir().unwrap();
    let report = json(&nodes.succeed(By::Rest, data.path(), &from_state("286")));
    assert_eq!(
        (report["height"].as_u64(), &report["resumed"]),
        (Some(286), &json!(false)),
        "{report}"
    );
    assert!(
        report["objects"]["leases"].as_u64() > Some(0) && report["pages"].as_u64() > Some(10),
        "{report}"
    );
    nodes.succeed(By::Rest, data.path(), &["index", "--until-tip"]);
    data
}

fn against_chain(nodes: &Nodes, by: By, data: &Path, at: &str) -> Output {
    nodes.run(by, data, &["verify", "--against-chain", "--at", at, "--json"])
}

#[test]
fn a_chain_that_began_with_a_snapshot_and_was_followed_is_the_chain() {
    let nodes = Nodes::with(&[]);
    let data = followed(&nodes);
    let status = &json(&nodes.succeed(By::Rest, data.path(), &["status", "--json"]))["networks"][0];
    assert_eq!(
        (&status["state"]["complete_from"], &status["state"]["watermark"]),
        (&json!(286), &json!(860))
    );
    assert_eq!(
        (&status["facts"]["complete_from"], &status["facts"]["watermark"]),
        (&json!(287), &json!(860))
    );
    assert_eq!(
        (&status["state"]["holes"], &status["facts"]["holes"]),
        (&json!([]), &json!([]))
    );
    let output = nodes.succeed(By::Rest, data.path(), &["verify"]);
    assert!(words(&output).contains(": whole"), "{}", words(&output));
    for (by, at) in [
        (By::Rest, "573"),
        (By::Rest, "860"),
        (By::Grpc, "860"),
        (By::Both, "286"),
    ] {
        let output = against_chain(&nodes, by, data.path(), at);
        assert_eq!(code(&output), Some(0), "{by:?} {at}: {}", words(&output));
        let report = json(&output);
        assert_eq!(
            (&report["ok"], &report["height"]),
            (&json!(true), &json!(at.parse::<u64>().unwrap()))
        );
        assert_eq!(report["compared"].as_object().unwrap().len(), 14, "{report}");
    }
    // The last committed height is meant where none is named.
    let output = nodes.succeed(
        By::Grpc,
        data.path(),
        &["verify", "--against-chain", "--network", "akash"],
    );
    assert!(
        words(&output).contains("akash height 860:") && words(&output).contains(": equal"),
        "{}",
        words(&output)
    );
    let outside = against_chain(&nodes, By::Rest, data.path(), "285");
    assert_eq!(code(&outside), Some(64), "{}", words(&outside));
    assert!(words(&outside).contains("286 to 860"), "{}", words(&outside));
    let second = nodes.run(By::Grpc, data.path(), &from_state("860"));
    assert_eq!(code(&second), Some(64), "{}", words(&second));
    assert!(words(&second).contains("verify --against-chain"), "{}", words(&second));
    // Derived again, the snapshot included, it is still the chain.
    nodes.succeed(By::Rest, data.path(), &["reindex", "--network", "akash"]);
    let output = against_chain(&nodes, By::Grpc, data.path(), "860");
    assert_eq!(code(&output), Some(0), "{}", words(&output));
    planted(data.path());
}

/// One change of an answer at 573, and the line that it must give.
struct Plant {
    section: &'static str,
    change: fn(&Changed),
}

fn first(document: &mut Value, fits: impl Fn(&Value) -> bool) -> &mut Value {
    document
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .find(|one| fits(one))
        .unwrap()
}

/// The first account of a scope, and the same account where its deployment or bid prints it again.
fn account(changed: &Changed, scope: &'static str, beside: &'static str) {
    let mut xid = Value::Null;
    changed.file(573, "escrow_accounts", |list| {
        let account = first(list, |one| {
            one["id"]["scope"] == scope && one["state"]["settled_at"] != "1"
        });
        xid = account["id"]["xid"].clone();
        account["state"]["settled_at"] = json!("1");
    });
    changed.file(573, beside, |list| {
        first(list, |one| one["escrow_account"]["id"]["xid"] == xid)["escrow_account"]["state"]["settled_at"] =
            json!("1");
    });
}

fn payment(changed: &Changed) {
    let mut id = Value::Null;
    changed.file(573, "escrow_payments", |list| {
        let payment = first(list, |_| true);
        id = payment["id"].clone();
        payment["state"]["withdrawn"]["amount"] = json!("7777");
    });
    changed.file(573, "leases", |list| {
        first(list, |one| one["escrow_payment"]["id"] == id)["escrow_payment"]["state"]["withdrawn"]["amount"] =
            json!("7777");
    });
}

const PLANTS: [Plant; 14] = [
    Plant {
        section: "deployments",
        change: |changed| {
            changed.file(573, "deployments", |list| {
                list[0]["deployment"]["created_at"] = json!("3")
            })
        },
    },
    Plant {
        section: "groups",
        change: |changed| {
            changed.file(573, "deployments", |list| {
                list[0]["groups"][0]["created_at"] = json!("3")
            })
        },
    },
    Plant {
        section: "orders",
        change: |changed| changed.file(573, "orders", |list| list[0]["created_at"] = json!("3")),
    },
    Plant {
        section: "bids",
        change: |changed| changed.file(573, "bids", |list| list[0]["bid"]["created_at"] = json!("3")),
    },
    Plant {
        section: "leases",
        change: |changed| changed.file(573, "leases", |list| list[0]["lease"]["created_at"] = json!("3")),
    },
    Plant {
        section: "deployment_accounts",
        change: |changed| account(changed, "deployment", "deployments"),
    },
    Plant {
        section: "bid_accounts",
        change: |changed| account(changed, "bid", "bids"),
    },
    Plant {
        section: "escrow_payments",
        change: payment,
    },
    Plant {
        section: "providers",
        change: |changed| {
            changed.file(573, "providers", |list| {
                list[0]["info"]["website"] = json!("https://x.example")
            })
        },
    },
    Plant {
        section: "audits",
        change: |changed| {
            changed.file(573, "audited_attributes", |list| {
                list[0]["attributes"][0]["value"] = json!("gilt")
            });
        },
    },
    Plant {
        section: "bme_vault",
        change: |changed| {
            changed.file(573, "bme_vault", |vault| {
                vault["vault_state"]["total_burned"][0]["amount"] = json!("1");
            });
        },
    },
    Plant {
        section: "bme_ledger",
        change: |changed| {
            changed.file(573, "bme_ledger", |list| {
                list[0]["executed_record"]["spread"]["amount"] = json!("1");
            });
        },
    },
    Plant {
        section: "oracle_prices",
        change: |changed| {
            changed.file(573, "oracle_prices", |list| {
                list[0]["state"]["price"] = json!("9.000000000000000000")
            });
        },
    },
    Plant {
        section: "supply",
        // The vault would contradict another supply of uact.
        change: |changed| {
            changed.file(573, "supply", |supply| {
                let uakt = supply["supply"]
                    .as_array_mut()
                    .unwrap()
                    .iter_mut()
                    .find(|coin| coin["denom"] == "uakt");
                let amount = &mut uakt.unwrap()["amount"];
                *amount = json!(format!("{}1", amount.as_str().unwrap()));
            })
        },
    },
];

/// One object that the node has otherwise is told, whichever table it is in, and nothing else is.
fn planted(data: &Path) {
    for Plant { section, change } in PLANTS {
        let changed = Changed::new();
        change(&changed);
        let nodes = Nodes::over(changed.folder(), &[]);
        let output = against_chain(&nodes, By::Rest, data, "573");
        assert_eq!(code(&output), Some(65), "{section}: {}", words(&output));
        let report = json(&output);
        let tables: Vec<_> = report["differences"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["table"])
            .collect();
        assert_eq!(tables, [&json!(section)], "{section}: {}", words(&output));
    }
    let changed = Changed::new();
    (PLANTS[4].change)(&changed);
    let nodes = Nodes::over(changed.folder(), &[]);
    let output = nodes.run(By::Rest, data, &["verify", "--against-chain", "--at", "573"]);
    let text = words(&output);
    assert!(
        text.contains("  leases ") && text.contains("created_at: expected 3, got "),
        "{text}"
    );
}

/// All of the state of the last height over gRPC, with nothing above it.
#[test]
fn a_state_over_grpc_at_the_tip_is_the_chain() {
    let (nodes, data) = (Nodes::with(&[]), tempfile::tempdir().unwrap());
    nodes.succeed(By::Grpc, data.path(), &from_state("860"));
    nodes.succeed(By::Grpc, data.path(), &["index", "--until-tip"]);
    for by in [By::Grpc, By::Rest] {
        let output = against_chain(&nodes, by, data.path(), "860");
        assert_eq!(code(&output), Some(0), "{by:?}: {}", words(&output));
    }
}

/// `index` asks by itself at the first start; the facts begin near the tip and older ones come when they are asked for.
#[test]
fn a_first_start_asks_for_the_state_by_itself() {
    let (nodes, data) = (Nodes::with(&[]), tempfile::tempdir().unwrap());
    nodes.succeed(By::Grpc, data.path(), &["index", "--until-tip"]);
    let status = |at: &Path| json(&nodes.succeed(By::Grpc, at, &["status", "--json"]))["networks"][0].clone();
    let first = status(data.path());
    let begun = first["state"]["complete_from"].as_u64().unwrap();
    assert_eq!(first["state"]["watermark"], 860, "{first}");
    assert!(
        begun > 800 && first["facts"]["complete_from"].as_u64().unwrap() <= begun + 1,
        "{first}"
    );
    nodes.succeed(
        By::Grpc,
        data.path(),
        &["backfill", "--network", "akash", "--from", "700", "--to", "860"],
    );
    let later = status(data.path());
    assert_eq!(
        (&later["facts"]["complete_from"], &later["state"]["complete_from"]),
        (&json!(700), &json!(begun))
    );
}

/// Whatever is wrong with an answer is said, and nothing of it is kept.
#[test]
fn an_answer_that_is_not_whole_commits_nothing() {
    for (by, at, fault) in [
        (By::Rest, "286", "state:garbage@Leases"),
        (By::Grpc, "860", "state:garbage@Leases"),
        (By::Rest, "286", "state:repeat-key@Bids"),
        (By::Grpc, "860", "state:repeat-key@Bids"),
        (By::Rest, "286", "state:truncated@Orders"),
        (By::Grpc, "860", "state:truncated@Orders"),
        (By::Rest, "286", "state:other-height@Deployments"),
        (By::Grpc, "860", "state:other-height@Deployments"),
        (By::Rest, "286", "state:other-chain"),
    ] {
        let (nodes, data) = (Nodes::with(&[fault]), tempfile::tempdir().unwrap());
        let output = nodes.run(by, data.path(), &from_state(at));
        assert!(
            matches!(code(&output), Some(65 | 69)),
            "{by:?} {fault}: {}",
            words(&output)
        );
        assert!(words(&output).contains("error: "), "{by:?} {fault}: {}", words(&output));
        nothing(&nodes, data.path(), fault);
    }
}

/// Nothing in the tables, the state database or the archive.
fn nothing(nodes: &Nodes, data: &Path, what: &str) {
    let status = json(&nodes.succeed(By::Rest, data, &["status", "--json"]));
    assert_eq!(status["networks"], json!([]), "{what}: {status}");
    let kept = std::fs::read_dir(data.join("archive/akash/blobs")).map_or(0, Iterator::count);
    assert_eq!(kept, 0, "{what}");
    let rows = Engine::over(data).contents(false);
    assert!(rows.values().all(|(rows, _)| *rows == 0), "{what}: {rows:?}");
}
