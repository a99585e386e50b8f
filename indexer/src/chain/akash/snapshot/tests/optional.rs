//! Queries that a source may not have asked: what changes where it did, and what is reported where it did not.

use super::recorded_state::from_rest;
use crate::chain::akash::model::{Block, Event, EventBody, Phase};
use crate::chain::akash::state::State;
use crate::chain::akash::state::audit::Audit;
use crate::chain::akash::state::tests::replay::{fresh, replay};
use crate::chain::akash::testing::blocks;
use crate::source::{Encoding, RawAnswer, RawState};
use prost::Message;
use serde_json::{Value, json};

const RECORDING: &str = "akash-gridlocal-1";
const START: u64 = 286;

fn with(method: &str, encoding: Encoding, body: Vec<u8>) -> RawState {
    let mut raw = from_rest(RECORDING, START);
    raw.answers.push(RawAnswer {
        method: method.to_owned(),
        subject: String::new(),
        page: 0,
        encoding,
        body: body.into(),
    });
    raw
}

fn seed(raw: &RawState) -> State {
    State::from_snapshot(&fresh(RECORDING).rules, raw).unwrap()
}

fn next_blocks(count: usize) -> Vec<Block> {
    let after = blocks(RECORDING)
        .into_iter()
        .filter(|block| block.header.height > START);
    after.take(count).collect()
}

fn findings(state: &mut State, block: &Block) -> Vec<Audit> {
    let audits = state.step(block).unwrap().audits;
    audits.into_iter().filter(|audit| !audit.ok).collect()
}

/// A part of the ledger as a checkpoint has it.
fn part(state: &State, name: &str) -> Value {
    let text = String::from_utf8(state.to_checkpoint().unwrap()).unwrap();
    let (_, rest) = text.split_once(&format!("\"{name}\":")).unwrap();
    serde_json::Deserializer::from_str(rest)
        .into_iter()
        .next()
        .unwrap()
        .unwrap()
}

fn passed(mut block: Block, id: u64) -> Block {
    block.events.push(Event {
        phase: Phase::End,
        event_index: 9_999,
        inner_index: None,
        body: EventBody::Proposal {
            id,
            result: "proposal_passed".to_owned(),
        },
    });
    block
}

#[test]
fn an_answered_clock_is_the_one_that_follows_from_the_genesis() {
    let mut derived = None;
    replay(RECORDING, |state, _, _| {
        if state.height == START {
            derived = Some(part(state, "epochs"));
        }
    });
    let derived = derived.unwrap();
    let time = |ns: &Value| {
        let at = time::OffsetDateTime::from_unix_timestamp_nanos(ns.as_i64().unwrap().into()).unwrap();
        at.format(&time::format_description::well_known::Rfc3339).unwrap()
    };
    let epochs = derived["by_name"].as_object().unwrap().iter();
    let infos = epochs.map(|(id, epoch)| {
        json!({
            "id": id,
            "start_time": time(&epoch["start_ns"]),
            "duration": format!("{}s", epoch["duration_ns"].as_i64().unwrap() / 1_000_000_000),
            "current_epoch": "5",
            "current_epoch_start_time": time(&epoch["current_start_ns"]),
            "epoch_counting_started": true,
            "current_epoch_start_height": "261",
        })
    });
    let page = json!({"epochs": infos.collect::<Vec<_>>()}).to_string();
    let raw = with("akash.epochs.v1beta1.Query/EpochInfos", Encoding::Json, page.into());
    assert_eq!(part(&seed(&raw), "epochs"), derived);
}

#[test]
fn where_the_clock_is_not_known_an_overdue_price_is_reported_once() {
    let mut raw = from_rest(RECORDING, START);
    let prices = raw
        .answers
        .iter_mut()
        .find(|answer| answer.method.ends_with("Query/Prices"))
        .unwrap();
    let mut list: Value = serde_json::from_slice(&prices.body).unwrap();
    list[0]["id"]["timestamp"] = json!("2026-11-01T00:00:00Z");
    prices.body = list.to_string().into();
    let (mut state, blocks) = (seed(&raw), next_blocks(2));
    let first = findings(&mut state, &blocks[0]);
    assert_eq!(first.iter().map(|audit| audit.subject).collect::<Vec<_>>(), ["epochs"]);
    assert!(first[0].observed.contains("EpochInfos"), "{first:?}");
    assert_eq!(findings(&mut state, &blocks[1]), []);
}

#[test]
fn a_proposal_from_before_that_passes_is_reported_and_never_passed_over() {
    let block = next_blocks(1).remove(0);
    let mut state = seed(&from_rest(RECORDING, START));
    let found = findings(&mut state, &passed(block.clone(), 77));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].subject, "governance");
    assert!(found[0].observed.contains("proposal 77"), "{found:?}");
}

#[test]
fn a_proposal_that_was_answered_changes_the_parameters_when_it_passes() {
    let feeder = "akash1zh6yu5lsdw92tn440r6kwdw5t64qpxdgnnx33g";
    let params = proposal::OracleUpdate {
        params: Some(proposal::Params {
            sources: vec![feeder.to_owned(), "akash1newfeeder".to_owned()],
            prune_epoch: "minute".to_owned(),
            max_prune_per_epoch: 3,
        }),
    };
    let message = proposal::Any {
        type_url: "/akash.oracle.v2.MsgUpdateParams".to_owned(),
        value: params.encode_to_vec(),
    };
    let of = |id, status| proposal::Proposal {
        id,
        messages: vec![message.clone()],
        status,
    };
    let page = proposal::Page {
        // One that is decided is not kept.
        proposals: vec![of(6, 3), of(7, 2)],
    };
    let raw = with("cosmos.gov.v1.Query/Proposals", Encoding::Proto, page.encode_to_vec());
    let mut state = seed(&raw);
    assert_eq!(
        part(&state, "gov")["open"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["7"]
    );
    let block = next_blocks(1).remove(0);
    assert_eq!(findings(&mut state, &passed(block, 7)), []);
    let oracle = part(&state, "oracle");
    assert_eq!(oracle["params"]["prune_epoch"], "minute");
    assert_eq!(oracle["sources"], json!({feeder: 1, "akash1newfeeder": 2}));
}

/// Just what the test writes.
mod proposal {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Page {
        #[prost(message, repeated, tag = "1")]
        pub(super) proposals: Vec<Proposal>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Proposal {
        #[prost(uint64, tag = "1")]
        pub(super) id: u64,
        #[prost(message, repeated, tag = "2")]
        pub(super) messages: Vec<Any>,
        #[prost(int32, tag = "3")]
        pub(super) status: i32,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Any {
        #[prost(string, tag = "1")]
        pub(super) type_url: String,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) value: Vec<u8>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct OracleUpdate {
        #[prost(message, optional, tag = "2")]
        pub(super) params: Option<Params>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Params {
        #[prost(string, repeated, tag = "1")]
        pub(super) sources: Vec<String>,
        #[prost(string, tag = "8")]
        pub(super) prune_epoch: String,
        #[prost(int64, tag = "9")]
        pub(super) max_prune_per_epoch: i64,
    }
}
