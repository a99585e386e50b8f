//! Answers that no honest node gives: each is refused, and the error says where.

use super::recorded_state::{from_grpc, from_rest};
use crate::chain::akash::snapshot::SnapshotError;
use crate::chain::akash::state::tests::replay::fresh;
use crate::chain::akash::state::{ChainRules, State};
use crate::source::{Encoding, RawAnswer, RawState};
use bytes::Bytes;
use gridproof_store::batch::{Batch, Origin};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

const ALL: &str = "akash-gridlocal-all";
const LEASES: &str = "akash.market.v1beta5.Query/Leases";

static RULES: LazyLock<ChainRules> = LazyLock::new(|| fresh(ALL).rules);
static WIRE: LazyLock<RawState> = LazyLock::new(|| from_grpc(ALL, 718, false));
static JSON: LazyLock<RawState> = LazyLock::new(|| from_rest(ALL, 718));

fn refused(raw: &RawState) -> SnapshotError {
    State::from_snapshot(&RULES, raw).map(|state| state.height).unwrap_err()
}

/// Refused with a message that names all of these.
fn refused_with(raw: &RawState, parts: &[&str]) {
    let said = refused(raw).to_string();
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
}

fn answer<'a>(raw: &'a mut RawState, method: &str) -> &'a mut RawAnswer {
    raw.answers.iter_mut().find(|answer| answer.method == method).unwrap()
}

/// The JSON answers with one of them changed.
fn changed(method: &str, change: impl FnOnce(&mut Value)) -> RawState {
    let mut raw = JSON.clone();
    let answer = answer(&mut raw, method);
    let mut value: Value = serde_json::from_slice(&answer.body).unwrap();
    change(&mut value);
    answer.body = value.to_string().into();
    raw
}

#[test]
fn the_unchanged_answers_are_accepted() {
    State::from_snapshot(&RULES, &WIRE).unwrap();
    State::from_snapshot(&RULES, &JSON).unwrap();
}

#[test]
fn a_page_that_is_cut_anywhere_is_never_taken_for_a_whole_one() {
    let methods: Vec<String> = WIRE.answers.iter().map(|answer| answer.method.clone()).collect();
    for (number, method) in methods.iter().enumerate() {
        if WIRE.answers[number].encoding == Encoding::Json {
            continue;
        }
        // Within a field: a cut between two of them is the source's to see, for the next key is gone then.
        for keep in [1, WIRE.answers[number].body.len() - 1] {
            let mut raw = WIRE.clone();
            let body = &mut raw.answers[number].body;
            *body = body.slice(..keep);
            refused_with(&raw, &[method]);
        }
    }
}

#[test]
fn a_length_beyond_the_page_and_garbage_are_refused() {
    for body in [
        &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f][..],
        &[0xff; 40],
        b"<html>",
    ] {
        let mut raw = WIRE.clone();
        answer(&mut raw, LEASES).body = Bytes::copy_from_slice(body);
        refused_with(&raw, &[LEASES, "page 0"]);
        let mut raw = JSON.clone();
        answer(&mut raw, LEASES).body = Bytes::copy_from_slice(body);
        refused_with(&raw, &[LEASES, "page 0", "no JSON"]);
    }
}

#[test]
fn a_field_that_is_not_what_it_should_be_is_named_with_its_object() {
    let lease = |change: fn(&mut Value)| changed(LEASES, |leases| change(&mut leases[1]["lease"]));
    refused_with(
        &lease(|lease| lease["state"] = json!("exploded")),
        &[LEASES, "object 1", "lease.state", "exploded"],
    );
    refused_with(
        &lease(|lease| lease["state"] = json!(9)),
        &[LEASES, "object 1", "state", "9"],
    );
    refused_with(&lease(|lease| lease["state"] = json!("invalid")), &["known state"]);
    refused_with(
        &lease(|lease| lease["price"]["amount"] = json!("-1.0")),
        &["price", "from zero on"],
    );
    refused_with(
        &lease(|lease| lease["price"]["amount"] = json!("9".repeat(40))),
        &["lease.price"],
    );
    refused_with(
        &lease(|lease| lease["created_at"] = json!("99999999999999999999")),
        &["lease.created_at"],
    );
    refused_with(
        &lease(|lease| lease["created_at"] = json!("719")),
        &["created_at", "up to that of the state"],
    );
    refused_with(&lease(|lease| lease["id"]["dseq"] = json!("-7")), &["lease.id.dseq"]);
    refused_with(
        &lease(|lease| lease["id"]["provider"] = json!("a/b")),
        &["provider", "address"],
    );
    refused_with(
        &lease(|lease| drop(lease.as_object_mut().unwrap().remove("closed_on"))),
        &["closed_on"],
    );
    refused_with(&lease(|lease| lease["id"] = Value::Null), &[LEASES, "id is missing"]);
}

#[test]
fn a_reason_that_is_not_in_the_enum_is_kept_as_its_number() {
    let raw = changed(LEASES, |leases| leases[0]["lease"]["reason"] = json!(4_711));
    let state = State::from_snapshot(&RULES, &raw).unwrap();
    assert!(
        state
            .market
            .leases
            .values()
            .any(|lease| lease.reason_in_state == Some(4_711))
    );
}

#[test]
fn an_object_that_comes_twice_is_refused_within_a_page_and_across_pages() {
    for method in [
        "akash.deployment.v1beta4.Query/Deployments",
        "akash.market.v1beta5.Query/Orders",
        "akash.market.v1beta5.Query/Bids",
        LEASES,
        "akash.escrow.v1.Query/Accounts",
        "akash.escrow.v1.Query/Payments",
        "akash.provider.v1beta4.Query/Providers",
        "akash.audit.v1.Query/ProviderAttributes",
        "akash.bme.v1.Query/LedgerRecords",
        "akash.oracle.v2.Query/Prices",
    ] {
        let raw = changed(method, |objects| {
            let first = objects[0].clone();
            objects.as_array_mut().unwrap().push(first);
        });
        refused_with(&raw, &[method, "twice"]);
    }
    let mut raw = WIRE.clone();
    let mut again = answer(&mut raw, LEASES).clone();
    again.page = 1;
    raw.answers.push(again);
    refused_with(&raw, &[LEASES, "page 1", "twice"]);
}

#[test]
fn a_page_that_is_left_out_or_repeated_is_refused() {
    let accounts = "akash.escrow.v1.Query/Accounts";
    let mut raw = WIRE.clone();
    raw.answers
        .retain(|answer| answer.method != accounts || answer.page != 1);
    refused_with(&raw, &[accounts, "page 1 should come here"]);
}

#[test]
fn an_object_without_its_parent_is_refused() {
    let without = |method: &str| {
        changed(method, |objects| {
            objects.as_array_mut().unwrap().clear();
        })
    };
    refused_with(
        &without("akash.deployment.v1beta4.Query/Deployments"),
        &["Orders", "its group", "is not in the answers"],
    );
    refused_with(&without("akash.market.v1beta5.Query/Orders"), &["Bids", "its order"]);
    refused_with(&without("akash.market.v1beta5.Query/Bids"), &["Leases", "its bid"]);
    refused_with(&without(LEASES), &["Payments", "no deployment, bid or lease has it"]);
    refused_with(
        &without("akash.escrow.v1.Query/Payments"),
        &["Payments", "is not in the list"],
    );
    refused_with(
        &without("akash.escrow.v1.Query/Accounts"),
        &["Accounts", "is not in the list"],
    );
}

#[test]
fn what_is_told_twice_must_be_told_alike() {
    let payments = "akash.escrow.v1.Query/Payments";
    let raw = changed(payments, |list| list[0]["state"]["withdrawn"]["amount"] = json!("1"));
    refused_with(&raw, &[payments, "object 0", "other values"]);
    let raw = changed("akash.deployment.v1beta4.Query/Deployments", |list| {
        list[0]["escrow_account"]["state"]["funds"][0]["amount"] = json!("-5.5");
    });
    refused_with(&raw, &["Accounts", "other values"]);
    let raw = changed("akash.deployment.v1beta4.Query/Deployments", |list| {
        let other = list[1]["escrow_account"]["id"].clone();
        list[0]["escrow_account"]["id"] = other;
    });
    refused_with(&raw, &["Deployments", "its account is deployment/"]);
    let raw = changed("cosmos.bank.v1beta1.Query/TotalSupply", |supply| {
        supply["supply"]
            .as_array_mut()
            .unwrap()
            .retain(|coin| coin["denom"] != "uact");
    });
    refused_with(&raw, &["VaultState", "supply"]);
}

#[test]
fn a_group_under_a_foreign_deployment_is_refused() {
    let raw = changed("akash.deployment.v1beta4.Query/Deployments", |list| {
        let foreign = list[1]["groups"][0].clone();
        list[0]["groups"].as_array_mut().unwrap().push(foreign);
    });
    refused_with(&raw, &["Deployments", "listed as a group of"]);
}

#[test]
fn a_record_of_two_kinds_or_none_is_refused() {
    let method = "akash.bme.v1.Query/LedgerRecords";
    let raw = changed(method, |list| list[0]["status"] = json!("ledger_record_status_pending"));
    refused_with(&raw, &[method, "status"]);
    let raw = changed(method, |list| list[0]["executed_record"] = Value::Null);
    refused_with(&raw, &[method, "status"]);
}

#[test]
fn every_query_that_the_version_needs_is_missed_by_name() {
    let mut methods: Vec<String> = WIRE.answers.iter().map(|answer| answer.method.clone()).collect();
    methods.dedup();
    let free = ["ProviderAttributes", "AggregatedPrice", "akash.bme.v1.Query/Params"];
    for method in methods {
        let mut raw = WIRE.clone();
        raw.answers.retain(|answer| answer.method != method);
        if free.iter().any(|free| method.ends_with(free)) {
            State::from_snapshot(&RULES, &raw).unwrap();
        } else {
            refused_with(&raw, &[&method, "was not answered"]);
        }
    }
    let mut raw = from_rest(ALL, 333);
    raw.answers
        .retain(|answer| answer.method != "akash.take.v1.Query/Params");
    refused_with(&raw, &["akash.take.v1.Query/Params"]);
    // A node of v2.0 that was not asked for the status of its mint.
    refused_with(&from_rest(ALL, 456), &["akash.bme.v1.Query/Status"]);
}

#[test]
fn a_query_of_a_later_version_another_chain_and_an_old_height_are_refused() {
    let mut raw = WIRE.clone();
    for answer in &mut raw.answers {
        answer.method = answer.method.replace("v1beta5", "v1beta6");
    }
    refused_with(&raw, &["akash.market.v1beta6.Query/Orders", "newer gridproof"]);
    let raw = RawState {
        chain_id: "other".to_owned(),
        ..WIRE.clone()
    };
    assert!(matches!(refused(&raw), SnapshotError::Chain { .. }));
    assert!(matches!(
        refused(&from_rest(ALL, 65)),
        SnapshotError::Version { height: 65, .. }
    ));
    let raw = RawState {
        height: 0,
        ..WIRE.clone()
    };
    assert!(matches!(refused(&raw), SnapshotError::Height { .. }));
}

#[test]
fn the_number_of_a_source_that_cannot_be_told_is_not_guessed() {
    let prices = "akash.oracle.v2.Query/Prices";
    let many = |sources: Value| {
        let mut raw = changed(prices, |list| list[0]["id"]["source"] = json!(7));
        let answer = answer(&mut raw, "akash.oracle.v2.Query/Params");
        let mut params: Value = serde_json::from_slice(&answer.body).unwrap();
        params["params"]["sources"] = sources;
        answer.body = params.to_string().into();
        raw
    };
    refused_with(&many(json!(["akash1a", "akash1b"])), &[prices, "source 7"]);
    State::from_snapshot(&RULES, &many(json!(["akash1a"]))).unwrap();
}

/// Reads the answers and, where they pass, writes their rows; only a panic fails.
fn survive(raw: &RawState) {
    let Ok(state) = State::from_snapshot(&RULES, raw) else {
        return;
    };
    let origin = Origin {
        network: "n".to_owned(),
        chain_id: "c".to_owned(),
    };
    let mut batch = Batch::new(origin);
    state.write_start(0, &mut batch).unwrap();
    let bytes = state.to_checkpoint().unwrap();
    assert_eq!(State::from_checkpoint(&bytes).unwrap(), state);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn changed_bytes_never_panic(
        wire: bool,
        which: prop::sample::Index,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut raw = if wire { WIRE.clone() } else { JSON.clone() };
        let answer = which.index(raw.answers.len());
        let mut bytes = raw.answers[answer].body.to_vec();
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        raw.answers[answer].body = bytes.into();
        survive(&raw);
    }

    #[test]
    fn digits_swapped_inside_values_never_panic(
        which: prop::sample::Index,
        at: prop::sample::Index,
        text in "[-0-9.]{1,40}",
    ) {
        let mut raw = JSON.clone();
        let answer = which.index(raw.answers.len());
        let mut bytes = raw.answers[answer].body.to_vec();
        let at = at.index(bytes.len());
        let end = (at + text.len()).min(bytes.len());
        bytes.splice(at..end, text.into_bytes());
        raw.answers[answer].body = bytes.into();
        survive(&raw);
    }
}
