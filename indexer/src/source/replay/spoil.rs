//! Turns good bodies into the bad ones that an endpoint is made to serve.

use bytes::Bytes;
use serde_json::Value;

use super::node::Answer;
use super::options::{Fault, Faults};

/// What a proxy serves when the node behind it is gone.
const PAGE: &str = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>502</body></html>";
/// A well-formed hash that no block has.
const OTHER_HASH: &str = "00000000000000000000000000000000000000000000000000000000DEADBEEF";

/// A header with its faults.
pub(super) fn meta(faults: &Faults, height: u64, meta: Bytes) -> Bytes {
    let (parent, hash) = (
        faults.has(&Fault::ParentMismatch(height)),
        faults.has(&Fault::OtherHash(height)),
    );
    if !parent && !hash && faults.chain_id().is_none() {
        return meta;
    }
    edit(&meta, |value| {
        if parent {
            value["header"]["last_block_id"]["hash"] = OTHER_HASH.into();
        }
        if hash {
            value["block_id"]["hash"] = OTHER_HASH.into();
        }
        if let Some(id) = faults.chain_id() {
            value["header"]["chain_id"] = id.into();
        }
    })
}

/// The body of `/block` with its faults.
pub(super) fn block(faults: &Faults, height: u64, body: Bytes) -> Answer {
    if faults.has(&Fault::OtherHash(height)) {
        return whole(
            faults,
            height,
            edit(&body, |v| v["result"]["block_id"]["hash"] = OTHER_HASH.into()),
        );
    }
    whole(faults, height, body)
}

/// The body of `/block_results` with its faults.
pub(super) fn results(faults: &Faults, height: u64, body: Bytes) -> Answer {
    if faults.has(&Fault::MissingResults(height)) {
        return whole(
            faults,
            height,
            edit(&body, |v| v["result"]["txs_results"] = Value::Null),
        );
    }
    if faults.has(&Fault::DuplicateEvents(height)) {
        return whole(faults, height, edit(&body, double_events));
    }
    whole(faults, height, body)
}

fn whole(faults: &Faults, height: u64, body: Bytes) -> Answer {
    if faults.has(&Fault::Html(height)) {
        return Answer::Html(PAGE);
    }
    if faults.has(&Fault::Truncated(height)) {
        return Answer::Body(body.slice(..body.len() / 2));
    }
    Answer::Body(body)
}

fn double_events(value: &mut Value) {
    for list in ["finalize_block_events", "begin_block_events", "end_block_events"] {
        if let Some(events) = value["result"].get_mut(list).and_then(Value::as_array_mut) {
            *events = events.iter().flat_map(|e| [e.clone(), e.clone()]).collect();
        }
    }
    let txs = value["result"].get_mut("txs_results").and_then(Value::as_array_mut);
    for events in txs.into_iter().flatten().filter_map(|tx| tx["events"].as_array_mut()) {
        *events = events.iter().flat_map(|e| [e.clone(), e.clone()]).collect();
    }
}

/// A body with an edit; one that is not JSON stays as it is.
fn edit(body: &Bytes, change: impl FnOnce(&mut Value)) -> Bytes {
    match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            change(&mut value);
            value.to_string().into()
        }
        Err(_) => body.clone(),
    }
}
