//! Turns good results into the bad ones that a node is made to serve.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::error::RpcError;
use super::faults::CallFault;
use super::node::{Node, Outcome};

/// Entries of the page before that an overlapping page begins with.
const OVERLAP: usize = 2;

impl Node {
    /// A result with its fault; faults of the transport are not the node's.
    pub(super) fn spoil(&self, fault: Option<CallFault>, outcome: Outcome) -> Outcome {
        let Some(fault) = fault else {
            return outcome;
        };
        if let CallFault::Code(code) = fault {
            let slot = self.view().finalized;
            return Err(RpcError::of_code(code, slot).unwrap_or_else(|| RpcError::internal("Internal error")));
        }
        let text = outcome?;
        Ok(match fault {
            CallFault::Null => "null".into(),
            CallFault::Reversed => relist(&text, |list| list.reverse()),
            CallFault::Short => relist(&text, |list| list.truncate(list.len() / 2)),
            CallFault::Duplicated => relist(&text, |list| {
                *list = list.iter().flat_map(|entry| [entry.clone(), entry.clone()]).collect();
            }),
            CallFault::Overlapping => self.overlapping(&text),
            CallFault::NoBalances => edit(&text, |answer| {
                if answer["meta"].is_object() {
                    answer["meta"]["preTokenBalances"] = Value::Null;
                    answer["meta"]["postTokenBalances"] = Value::Null;
                }
            }),
            CallFault::NoTime => edit(&text, without_time),
            CallFault::TooMany(_)
            | CallFault::Forbidden
            | CallFault::Html
            | CallFault::Truncated
            | CallFault::Code(_) => text,
        })
    }

    /// A page that begins again with what came before it.
    fn overlapping(&self, text: &str) -> String {
        let Ok(Value::Array(page)) = serde_json::from_str(text) else {
            return text.to_owned();
        };
        let first = page.first().and_then(|entry| entry["signature"].as_str());
        let Some((id, _)) = first.and_then(|signature| self.recording.listed(signature)) else {
            return text.to_owned();
        };
        let newest = self.view().finalized;
        let lists = self.recording.by_address.values();
        let mut newer: Vec<u32> = lists
            .filter(|list| list.binary_search(&id).is_ok())
            .flat_map(|list| list.iter().copied().filter(|other| *other > id).take(OVERLAP))
            .collect();
        newer.sort_unstable();
        newer.dedup();
        let all = &self.recording.transactions;
        let mut out: Vec<String> = newer
            .iter()
            .take(OVERLAP)
            .rev()
            .filter_map(|id| all.get(*id as usize))
            .filter(|listed| listed.slot <= newest)
            .map(|listed| super::slot_methods::entry(listed, self.view()))
            .collect();
        out.extend(page.iter().map(Value::to_string));
        format!("[{}]", out.join(","))
    }
}

fn relist(text: &str, change: impl FnOnce(&mut Vec<Box<RawValue>>)) -> String {
    match serde_json::from_str::<Vec<Box<RawValue>>>(text) {
        Ok(mut list) => {
            change(&mut list);
            let entries: Vec<&str> = list.iter().map(|entry| entry.get()).collect();
            format!("[{}]", entries.join(","))
        }
        Err(_) => text.to_owned(),
    }
}

fn edit(text: &str, change: impl FnOnce(&mut Value)) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            change(&mut value);
            value.to_string()
        }
        Err(_) => text.to_owned(),
    }
}

fn without_time(answer: &mut Value) {
    match answer {
        Value::Array(entries) => entries.iter_mut().for_each(without_time),
        Value::Object(members) if members.contains_key("blockTime") => {
            members.insert("blockTime".into(), json!(null));
        }
        Value::Number(_) => *answer = Value::Null,
        _ => {}
    }
}
