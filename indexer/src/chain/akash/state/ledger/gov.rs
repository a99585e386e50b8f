//! Governance: what a proposal would run, kept until it passes.

use super::params;
use super::start::OpenProposal;
use crate::chain::akash::model::{EventBody, Message, MessageBody, Phase, Tx};
use crate::chain::akash::state::audit::Audit;
use prost::Message as _;
use std::collections::BTreeMap;

/// Outcome after which the messages run, in the block of the decision.
const PASSED: &str = "proposal_passed";
/// Outcome after which the proposal is voted on again as an ordinary one.
const EXPEDITED_REJECTED: &str = "expedited_proposal_rejected";

/// A proposal's effect on the parameters.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Proposal {
    /// Parameter messages in order: type URL and protobuf bytes.
    pub(super) updates: Vec<(String, Vec<u8>)>,
    /// Legacy content: type URL and protobuf bytes.
    pub(super) legacy: Option<(String, Vec<u8>)>,
}

/// Proposals that have been submitted and not decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Gov {
    open: BTreeMap<u64, Proposal>,
    /// The state began in mid-chain and nobody said what was open: what passes unseen is reported.
    #[serde(default)]
    earlier_unknown: bool,
}

/// `MsgSubmitProposalResponse` of every version.
#[derive(Clone, PartialEq, prost::Message)]
struct Response {
    #[prost(uint64, tag = "1")]
    proposal_id: u64,
}

impl Gov {
    /// As a node answered it; `None`: it was not asked.
    pub(super) fn started(open: Option<Vec<OpenProposal>>) -> Self {
        let earlier_unknown = open.is_none();
        let entry = |proposal: OpenProposal| (proposal.id, Proposal::of_messages(proposal.messages));
        Self {
            open: open.unwrap_or_default().into_iter().map(entry).collect(),
            earlier_unknown,
        }
    }

    /// The finding that an unseen proposal passed; what it changed is not known.
    pub(super) fn report(&self, id: u64, result: &str) -> Option<Audit> {
        (self.earlier_unknown && result == PASSED).then(|| Audit {
            subject: "governance",
            expected: format!("proposal {id} was submitted in a block that was followed"),
            observed: format!(
                "proposal {id} passed and is older than the snapshot, which did not list proposals: if it changed \
                 parameters of the oracle or the take, take a new snapshot"
            ),
            ok: false,
        })
    }

    /// A successful submission. Its id is in the message's answer, otherwise in its event.
    pub(super) fn submitted(&mut self, tx: &Tx, message: &Message) -> Result<(), String> {
        let MessageBody::SubmitProposal {
            messages,
            legacy_content,
        } = &message.body
        else {
            return Ok(());
        };
        let proposal = Proposal {
            updates: messages.iter().filter_map(update_bytes).collect(),
            legacy: legacy_content.clone(),
        };
        self.open.insert(proposal_id(tx, message)?, proposal);
        Ok(())
    }

    /// A decision: what the proposal runs, if it passed. An expedited one that is rejected goes on as an
    /// ordinary one; any other decision is the last.
    pub(super) fn decided(&mut self, id: u64, result: &str) -> Option<Proposal> {
        if result == EXPEDITED_REJECTED {
            return None;
        }
        self.open.remove(&id).filter(|_| result == PASSED)
    }
}

impl Proposal {
    /// Of messages in the wire form; legacy content is inside one of them.
    fn of_messages(messages: Vec<(String, Vec<u8>)>) -> Self {
        let legacy = messages.iter().find_map(|(type_url, value)| {
            let wrapped = type_url == "/cosmos.gov.v1.MsgExecLegacyContent";
            let found = wrapped.then(|| LegacyContent::decode(value.as_slice()).ok());
            found.flatten()?.content
        });
        Self {
            legacy: legacy.map(|content| (content.type_url, content.value)),
            updates: messages
                .into_iter()
                .filter(|(name, _)| name.ends_with(".MsgUpdateParams"))
                .collect(),
        }
    }
}

/// `MsgExecLegacyContent`.
#[derive(Clone, PartialEq, prost::Message)]
struct LegacyContent {
    #[prost(message, optional, tag = "1")]
    content: Option<Content>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, prost::Message)]
struct Content {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

fn update_bytes(message: &Message) -> Option<(String, Vec<u8>)> {
    match &message.body {
        MessageBody::UpdateParams { value } => Some((message.type_url.clone(), value.clone())),
        _ => None,
    }
}

fn proposal_id(tx: &Tx, message: &Message) -> Result<u64, String> {
    let answer: Response = prost::Message::decode(message.response.as_slice())
        .map_err(|error| format!("answer of a proposal: {error}"))?;
    if answer.proposal_id != 0 {
        return Ok(answer.proposal_id);
    }
    let own = |phase: Phase| match phase {
        // Before v1.0.0 events do not say which message they belong to.
        Phase::Tx { msg_index, .. } => msg_index.is_none_or(|index| index == message.msg_index),
        Phase::Begin | Phase::End => false,
    };
    let named = tx.events.iter().find_map(|event| match &event.body {
        EventBody::Proposal { id, result } if result.is_empty() && own(event.phase) => Some(*id),
        _ => None,
    });
    named.ok_or_else(|| "a submitted proposal has no id in its answer and none in its events".to_owned())
}

/// What passed proposals change.
pub(super) fn updates_of(proposal: &Proposal) -> Result<Vec<params::Update>, String> {
    let read = proposal
        .updates
        .iter()
        .map(|(type_url, value)| params::update(type_url, value));
    Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn submission(response: Vec<u8>) -> (Tx, Message) {
        let update = Message {
            msg_index: 0,
            inner_index: 0,
            type_url: "/akash.take.v1.MsgUpdateParams".to_owned(),
            body: MessageBody::UpdateParams { value: vec![1] },
            response: Vec::new(),
        };
        let message = Message {
            type_url: "/cosmos.gov.v1.MsgSubmitProposal".to_owned(),
            body: MessageBody::SubmitProposal {
                messages: vec![update.clone()],
                legacy_content: None,
            },
            response,
            ..update
        };
        let tx = Tx {
            index: 0,
            hash: String::new(),
            code: 0,
            codespace: String::new(),
            gas_wanted: 0,
            gas_used: 0,
            fee: Vec::new(),
            fee_payer: String::new(),
            messages: vec![message.clone()],
            events: Vec::new(),
        };
        (tx, message)
    }

    #[test]
    fn a_passed_proposal_gives_its_messages_once_and_a_rejected_one_none() {
        let mut gov = Gov::default();
        for id in [7_u8, 8] {
            let (tx, message) = submission(vec![8, id]);
            gov.submitted(&tx, &message).unwrap();
        }
        assert_eq!(gov.decided(7, "proposal_passed").unwrap().updates.len(), 1);
        assert_eq!(gov.decided(7, "proposal_passed"), None);
        assert_eq!(gov.decided(8, "expedited_proposal_rejected"), None);
        assert!(gov.open.contains_key(&8));
        assert_eq!(gov.decided(8, "proposal_rejected"), None);
        assert_eq!(gov.decided(8, "proposal_passed"), None);
    }

    #[test]
    fn a_submission_without_any_id_is_an_error() {
        let (tx, message) = submission(Vec::new());
        assert!(Gov::default().submitted(&tx, &message).is_err());
    }
}
