//! Proposals: the messages that run when they pass.

use super::{EXEC_MAX_DEPTH, FieldError, TypeName, Unfold, Unfolded};
use crate::chain::akash::model::MessageBody;
use cosmrs::Any;
use cosmrs::proto::cosmos::gov::{v1, v1beta1};
use cosmrs::proto::prost::Message as _;

pub(super) fn body(
    name: TypeName<'_>,
    value: &[u8],
    msg_index: u32,
    depth: u32,
) -> Result<Option<MessageBody>, FieldError> {
    if name.name == "MsgSubmitProposal" && depth >= EXEC_MAX_DEPTH {
        return Ok(None);
    }
    Ok(Some(match (name.version, name.name) {
        ("v1", "MsgSubmitProposal") => proposal(v1::MsgSubmitProposal::decode(value)?.messages, msg_index, depth)?,
        ("v1beta1", "MsgSubmitProposal") => {
            let content = v1beta1::MsgSubmitProposal::decode(value)?.content;
            MessageBody::SubmitProposal {
                messages: Vec::new(),
                legacy_content: content.map(pair),
            }
        }
        _ => MessageBody::Bystander,
    }))
}

fn pair(content: Any) -> (String, Vec<u8>) {
    (content.type_url, content.value)
}

/// Unfolds the proposed messages. They are free text until the proposal passes, so what cannot be read
/// is `Unknown`. A legacy content wrapped into a message is taken out of it.
fn proposal(proposed: Vec<Any>, msg_index: u32, depth: u32) -> Result<MessageBody, FieldError> {
    let mut legacy_content = None;
    let mut messages = Unfolded::with_capacity(proposed.len());
    let mut unfold = Unfold {
        out: &mut messages,
        msg_index,
        path: Vec::new(),
        inner_index: 0,
        tolerant: true,
    };
    for any in proposed {
        if any.type_url == "/cosmos.gov.v1.MsgExecLegacyContent" {
            let wrapped = v1::MsgExecLegacyContent::decode(any.value.as_slice()).ok();
            legacy_content = legacy_content.or(wrapped.and_then(|message| message.content).map(pair));
        }
        // Proposals within proposals count as levels, too.
        unfold
            .message(any, Vec::new(), depth.saturating_add(1))
            .map_err(|failure| failure.source)?;
    }
    Ok(MessageBody::SubmitProposal {
        messages: messages.list,
        legacy_content,
    })
}
