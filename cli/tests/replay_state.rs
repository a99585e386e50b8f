//! `gridproof replay` of a recording with state is a node that a snapshot can be taken from.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use gridproof_indexer::source::{QueryConfig, QueryDefect, StateHeight, StateQuery, StateSource};
use support::{code, gridproof, quiet, recording, run, words};

/// The program, killed in the end, with what it said about its state.
struct Replay {
    child: Child,
    rest: String,
    grpc: String,
}

impl Drop for Replay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn replay(faults: &[&str]) -> Replay {
    let mut command = gridproof();
    command.arg("replay").arg(recording("akash-gridlocal-1"));
    command.args(["--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--log", "warn"]);
    for fault in faults {
        command.args(["--fault", fault]);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    assert!(first.starts_with("replaying gridlocal-1, heights 1 to 860"), "{first}");
    let second = lines.next().unwrap();
    let (heights, addresses) = second.split_once(": REST gateway at ").unwrap();
    assert_eq!(heights, "state at heights 286, 573, 860");
    let (rest, grpc) = addresses.split_once(", gRPC at ").unwrap();
    Replay {
        child,
        rest: rest.to_owned(),
        grpc: grpc.to_owned(),
    }
}

fn query(grpc: &[&str], rest: &[&str]) -> StateQuery {
    let own = |urls: &[&str]| urls.iter().map(|url| (*url).to_owned()).collect::<Vec<_>>();
    StateQuery::new(QueryConfig::new("gridlocal-1", own(grpc), own(rest))).unwrap()
}

#[tokio::test]
async fn a_snapshot_can_be_taken_over_grpc_and_beside_the_rpc() {
    let node = replay(&[]);
    let by_grpc = query(&[&node.grpc], &[])
        .state(StateHeight::Recent, &|_| {})
        .await
        .unwrap();
    assert_eq!((by_grpc.height, by_grpc.chain_id.as_str()), (860, "gridlocal-1"));
    let by_rest = query(&[], &[&node.rest])
        .state(StateHeight::At(573), &|_| {})
        .await
        .unwrap();
    assert_eq!(by_rest.height, 573);
    let method = "akash.market.v1beta5.Query/Leases";
    assert!(by_grpc.pages(method).count() == 1 && by_rest.pages(method).count() == 1);
}

#[tokio::test]
async fn a_fault_of_the_state_is_seen_by_who_asks_for_it() {
    let node = replay(&["state:no-height@Orders"]);
    for query in [query(&[&node.grpc], &[]), query(&[], &[&node.rest])] {
        let error = query.state(StateHeight::Recent, &|_| {}).await.unwrap_err();
        assert_eq!(error.defect(), Some(&QueryDefect::NoHeight), "{error}");
    }
}

#[test]
fn what_has_no_state_has_no_grpc_and_no_fault_of_it() {
    let akash = recording("akash-gridlocal-1");
    let render = recording("render-world-1");
    let flags = ["--listen", "127.0.0.1:0"];
    for (folder, more) in [
        (&render, ["--grpc", "127.0.0.1:0"]),
        (&render, ["--fault", "state:cut"]),
        (&akash, ["--fault", "state:gremlins"]),
    ] {
        let output = run(gridproof().arg("replay").arg(folder).args(flags).args(more));
        assert_eq!(code(&output), Some(64), "{}", words(&output));
    }
    let data = tempfile::tempdir().unwrap();
    let indexed = run(quiet(
        gridproof()
            .args(["index", "--recording"])
            .arg(&akash)
            .args(["--fault", "state:cut"]),
        data.path(),
    ));
    assert_eq!(code(&indexed), Some(64), "{}", words(&indexed));
}
