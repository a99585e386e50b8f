//! Methods about slots and transactions.

use std::ops::Bound;

use serde_json::{Value, json};

use super::block::{self, Details};
use super::error::RpcError;
use super::node::{Node, Outcome, View};
use super::params::{Commitment, Params};
use super::recording::Listed;
use super::transaction::Version;

/// Entries of one page, as nodes limit it.
const MAX_PAGE: u64 = 1_000;
/// Slots that one `getBlocks` may ask about.
const MAX_BLOCKS: u64 = 500_000;
/// Signatures of one `getSignatureStatuses`.
const MAX_STATUSES: usize = 256;

impl Node {
    /// `getSignaturesForAddress`: newest first; `before` and `until` are not part of the answer.
    pub(super) fn signatures(&self, params: Params<'_>, view: View) -> Outcome {
        params.at_most(2)?;
        let address = params.address(0)?;
        let options = params.options(1)?;
        let limit = options.number("limit")?.unwrap_or(MAX_PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(RpcError::params(format!("Invalid limit; max {MAX_PAGE}")));
        }
        let (before, until) = (options.signature("before")?, options.signature("until")?);
        let commitment = options.settled()?;
        let newest = self.context_slot(params, 1, view)?;
        let place = |signature: Option<&str>| self.filter_place(signature, view.slot(commitment));
        let (before, until) = (place(before)?, place(until)?);
        let list = self.recording.by_address.get(address).map_or(&[][..], Vec::as_slice);
        let known = self.recording.transactions.partition_point(|t| t.slot <= newest) as u64;
        let end = before.map_or(known, |id| u64::from(id).min(known));
        let start = until.map_or(0, |id| u64::from(id) + 1);
        let page = list
            .iter()
            .rev()
            .copied()
            .skip_while(|id| u64::from(*id) >= end)
            .take_while(|id| u64::from(*id) >= start)
            .take(limit as usize)
            .filter_map(|id| self.recording.transactions.get(id as usize))
            .map(|listed| entry(listed, view));
        Ok(format!("[{}]", page.collect::<Vec<_>>().join(",")))
    }

    /// Where a signature that bounds a page stands among all.
    fn filter_place(&self, signature: Option<&str>, newest: u64) -> Result<Option<u32>, RpcError> {
        let Some(signature) = signature else {
            return Ok(None);
        };
        match self.recording.listed(signature) {
            Some((id, listed)) if listed.slot <= newest => Ok(Some(id)),
            _ => Err(RpcError::filter_not_found(signature)),
        }
    }

    /// `getTransaction`: null where it is unknown.
    pub(super) fn transaction(&self, params: Params<'_>, view: View) -> Outcome {
        params.at_most(2)?;
        let signature = params.signature(0)?;
        let options = params.options(1)?;
        let (encoding, commitment) = (options.wire()?, options.settled()?);
        let highest = options.number("maxSupportedTransactionVersion")?;
        let Some((_, listed)) = self.recording.listed(signature) else {
            return Ok("null".into());
        };
        if listed.slot > view.slot(commitment) {
            return Ok("null".into());
        }
        supported(listed.version, highest)?;
        let body = match encoding {
            "json" => listed.json,
            "base64" => listed.base64,
            other => return Err(not_recorded(other)),
        };
        match (body, listed.json) {
            (Some(body), _) if highest.is_some() => self.text(body),
            (Some(body), _) => without_version(&self.text(body)?),
            (None, Some(_)) => Err(not_recorded(encoding)),
            (None, None) => Ok("null".into()),
        }
    }

    /// `getBlock`.
    pub(super) fn block(&self, params: Params<'_>, view: View) -> Outcome {
        params.at_most(2)?;
        let slot = params.number(0)?;
        let options = params.options(1)?;
        let (encoding, commitment) = (options.wire()?, options.settled()?);
        let details = match options.text("transactionDetails")? {
            None | Some("full") => Details::Full,
            Some("accounts") => Details::Accounts,
            Some("signatures") => Details::Signatures,
            Some("none") => Details::None,
            Some(other) => {
                return Err(RpcError::params(format!(
                    "Invalid params: unknown variant `{other}`, expected one of `full`, `signatures`, `none`, `accounts`."
                )));
            }
        };
        let highest = options.number("maxSupportedTransactionVersion")?;
        self.within(slot, view.slot(commitment))?;
        let note = self.recording.blocks.get(&slot);
        let note = note.ok_or_else(|| RpcError::skipped_in_storage(slot))?;
        let names_transactions = matches!(details, Details::Full | Details::Accounts);
        if names_transactions {
            supported(note.version, highest)?;
        }
        if details == Details::Full && encoding != "json" {
            return Err(not_recorded(encoding));
        }
        let whole = self.text(note.body)?;
        if details == Details::Full && highest.is_some() {
            return Ok(whole);
        }
        block::cut(whole.as_bytes(), details, highest.is_some())
    }

    /// Whether a slot is one that this node can speak about.
    fn within(&self, slot: u64, newest: u64) -> Result<(), RpcError> {
        if slot > newest {
            return Err(RpcError::not_available(slot));
        }
        match self.recording.facts.first_block {
            Some(first) if slot < first => Err(RpcError::cleaned_up(slot, first)),
            _ => Ok(()),
        }
    }

    /// `getBlockTime`.
    pub(super) fn block_time(&self, params: Params<'_>, view: View) -> Outcome {
        let slot = params.number(0)?;
        // A time is asked for without a commitment: nodes answer for any slot that they have.
        self.within(slot, view.slot(Commitment::Confirmed))?;
        match self.recording.times.get(&slot) {
            Some(time) => Ok(time.to_string()),
            None if self.recording.produced.contains(&slot) => Ok("null".into()),
            None => Err(RpcError::skipped_in_storage(slot)),
        }
    }

    /// `getBlocks`: the slots of a span that have a block.
    pub(super) fn blocks(&self, params: Params<'_>, view: View) -> Outcome {
        let start = params.number(0)?;
        let newest = view.slot(params.options_from(1)?.settled()?);
        let end = match params.number_if_any(1)? {
            Some(end) => end,
            None => newest.min(start.saturating_add(MAX_BLOCKS)),
        };
        if end.saturating_sub(start) > MAX_BLOCKS {
            return Err(RpcError::params(format!("Slot range too large; max {MAX_BLOCKS}")));
        }
        Ok(self.produced(start, end.min(newest), usize::MAX))
    }

    /// `getBlocksWithLimit`.
    pub(super) fn blocks_with_limit(&self, params: Params<'_>, view: View) -> Outcome {
        let (start, limit) = (params.number(0)?, params.number(1)?);
        if limit > MAX_BLOCKS {
            return Err(RpcError::params(format!("Limit too large; max {MAX_BLOCKS}")));
        }
        let newest = view.slot(params.options(2)?.settled()?);
        Ok(self.produced(start, newest, limit as usize))
    }

    fn produced(&self, start: u64, end: u64, limit: usize) -> String {
        if start > end {
            return "[]".into();
        }
        let span = (Bound::Included(start), Bound::Included(end));
        let slots = self.recording.produced.range(span).take(limit);
        Value::from_iter(slots.copied()).to_string()
    }

    /// `getSignatureStatuses`.
    pub(super) fn statuses(&self, params: Params<'_>, view: View) -> Outcome {
        let list = params.all().first().and_then(Value::as_array);
        let list = list.ok_or_else(|| RpcError::params("Invalid params: invalid type, expected a sequence."))?;
        if list.len() > MAX_STATUSES {
            return Err(RpcError::params(format!(
                "Too many inputs provided; max {MAX_STATUSES}"
            )));
        }
        let newest = view.slot(Commitment::Processed);
        let mut statuses = Vec::with_capacity(list.len());
        for signature in list {
            let known = signature.as_str().and_then(|text| self.recording.listed(text));
            statuses.push(match known {
                Some((_, listed)) if listed.slot <= newest => status(listed, view),
                _ => Value::Null,
            });
        }
        Ok(self.with_context(newest, &statuses.into()))
    }
}

/// A transaction as a page lists it, its members in the order of the recorded node.
pub(super) fn entry(listed: &Listed, view: View) -> String {
    let time = json!(listed.block_time);
    let memo = json!(listed.memo);
    let (err, signature, slot) = (&listed.err, &listed.signature, listed.slot);
    let index = listed
        .index
        .map(|index| format!(r#","transactionIndex":{index}"#))
        .unwrap_or_default();
    let status = commitment_word(listed, view);
    format!(
        r#"{{"blockTime":{time},"confirmationStatus":"{status}","err":{err},"memo":{memo},"signature":"{signature}","slot":{slot}{index}}}"#
    )
}

fn commitment_word(listed: &Listed, view: View) -> &'static str {
    if listed.slot <= view.finalized {
        "finalized"
    } else {
        "confirmed"
    }
}

fn status(listed: &Listed, view: View) -> Value {
    let err: Value = serde_json::from_str(&listed.err).unwrap_or_default();
    let outcome = match &err {
        Value::Null => json!({"Ok": null}),
        err => json!({"Err": err}),
    };
    json!({
        "confirmationStatus": commitment_word(listed, view),
        "confirmations": null,
        "err": err,
        "slot": listed.slot,
        "status": outcome,
    })
}

/// Refuses a transaction whose format the caller does not know: what it holds is not said.
fn supported(version: Version, highest: Option<u64>) -> Result<(), RpcError> {
    match version {
        Version::Number(number) if highest.is_none_or(|highest| highest < u64::from(number)) => {
            Err(RpcError::version(number))
        }
        _ => Ok(()),
    }
}

/// A transaction as nodes answer it to a caller that names no version.
fn without_version(body: &str) -> Outcome {
    let broken = |e: serde_json::Error| RpcError::internal(e.to_string());
    let mut members: serde_json::Map<String, Value> = serde_json::from_str(body).map_err(broken)?;
    members.remove("version");
    serde_json::to_string(&members).map_err(broken)
}

fn not_recorded(encoding: &str) -> RpcError {
    RpcError::params(format!(
        "Invalid params: this replay has nothing in encoding {encoding}; ask for json, or record it."
    ))
}
