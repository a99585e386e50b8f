//! Proposals that are not decided at the height: what they would change when they pass later.

use super::error::SnapshotError;
use super::read::{Answers, Query};
use super::wire;
use crate::chain::akash::decode::FieldError;
use crate::chain::akash::state::ledger::OpenProposal;

pub(super) const PROPOSALS: Query = Query {
    method: "cosmos.gov.v1.Query/Proposals",
    list: "proposals",
};

/// Deposit and voting period.
const OPEN: [i32; 2] = [1, 2];

/// Open proposals; `None` where they were not asked, or came as JSON, which does not give the bytes of their messages.
pub(super) fn read(answers: &Answers<'_>) -> Result<Option<Vec<OpenProposal>>, SnapshotError> {
    if !answers.has(PROPOSALS) || !answers.json_objects(PROPOSALS)?.is_empty() {
        return Ok(None);
    }
    let mut open: Vec<OpenProposal> = Vec::new();
    for (spot, found) in answers.proto_objects::<wire::Proposal>(PROPOSALS)? {
        if !OPEN.contains(&found.status) {
            continue;
        }
        if found.id == 0 {
            return Err(spot.field("", FieldError::invalid("id", "a number from one on", "0")));
        }
        let messages = found
            .messages
            .into_iter()
            .map(|message| (message.type_url, message.value));
        open.push(OpenProposal {
            id: found.id,
            messages: messages.collect(),
        });
    }
    Ok(Some(open))
}
