//! Real answers with something changed.

use crate::chain::akash::testing::raw_blocks;
use crate::source::RawBlock;
use bytes::Bytes;
use serde_json::Value;

/// Changes the `result` of `/block_results`.
pub(super) fn with_results(raw: &RawBlock, change: impl FnOnce(&mut Value)) -> RawBlock {
    RawBlock {
        results: changed(&raw.results, |body| change(&mut body["result"])),
        ..raw.clone()
    }
}

/// Changes the `result` of `/block`.
pub(super) fn with_block(raw: &RawBlock, change: impl FnOnce(&mut Value)) -> RawBlock {
    let body = raw.block.as_ref().unwrap();
    RawBlock {
        block: Some(changed(body, |body| change(&mut body["result"]))),
        ..raw.clone()
    }
}

/// Changes the block meta.
pub(super) fn with_meta(raw: &RawBlock, change: impl FnOnce(&mut Value)) -> RawBlock {
    RawBlock {
        meta: changed(&raw.meta, change),
        ..raw.clone()
    }
}

fn changed(bytes: &Bytes, change: impl FnOnce(&mut Value)) -> Bytes {
    let mut body: Value = serde_json::from_slice(bytes).unwrap();
    change(&mut body);
    Bytes::from(serde_json::to_vec(&body).unwrap())
}

/// A height of a recording.
pub(super) fn raw_at(recording: &str, height: u64) -> RawBlock {
    raw_blocks(recording)
        .into_iter()
        .find(|raw| raw.height == height)
        .unwrap()
}

/// First event of a type in the results, wherever it is.
pub(super) fn event_mut<'v>(result: &'v mut Value, kind: &str) -> &'v mut Value {
    let fields = result.as_object_mut().unwrap();
    let mut lists = Vec::new();
    for (name, value) in fields {
        match name.as_str() {
            "txs_results" => lists.extend(value.as_array_mut().into_iter().flatten().map(|tx| &mut tx["events"])),
            _ if name.ends_with("_events") => lists.push(value),
            _ => {}
        }
    }
    let events = lists
        .into_iter()
        .flat_map(|list| list.as_array_mut().into_iter().flatten());
    events.into_iter().find(|event| event["type"] == kind).unwrap()
}

/// Value of an event's attribute.
pub(super) fn attribute_mut<'v>(event: &'v mut Value, key: &str) -> &'v mut Value {
    let attributes = event["attributes"].as_array_mut().unwrap();
    &mut attributes.iter_mut().find(|attribute| attribute["key"] == key).unwrap()["value"]
}
