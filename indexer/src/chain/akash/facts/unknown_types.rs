//! Table `unknown_types`: messages and events that this decoder has never heard of, kept as they came.

use super::view::{at, events, index};
use crate::chain::akash::model::{Block, EventBody, Message, MessageBody};
use crate::chain::akash::resources::attributes_json;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clickhouse::Row;
use gridproof_store::batch::{Batch, Identity, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// Bytes kept of an unknown message; the archive has all of it.
const BODY_MAX_BYTES: usize = 64 * 1024;

/// A message or an event of an unknown type, of a successful transaction or of the block.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct UnknownTypeRow {
    /// `message` or `event`.
    pub what: String,
    /// Type URL or event type.
    pub name: String,
    /// A message's bytes in base64, an event's attributes as JSON; long ones are cut.
    pub body: String,
}

impl TableRow for UnknownTypeRow {
    const TABLE: &'static str = "unknown_types";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    for located in events(block) {
        if let EventBody::Unknown { kind, attributes } = located.body() {
            let body = attributes_json(attributes).to_string();
            batch.push(&located.identity(), &row("event", kind, body))?;
        }
    }
    for tx in block.txs.iter().filter(|tx| tx.succeeded()) {
        for message in &tx.messages {
            derive_message(block, tx.index, message, batch)?;
        }
    }
    Ok(())
}

fn derive_message(block: &Block, tx_index: u32, message: &Message, batch: &mut Batch) -> Result<(), EncodeError> {
    let MessageBody::Unknown { value } = &message.body else {
        return Ok(());
    };
    let identity = Identity {
        tx_index: index(tx_index),
        msg_index: index(message.msg_index),
        event_index: index(message.inner_index),
        ..at(block)
    };
    let kept = &value[..value.len().min(BODY_MAX_BYTES)];
    batch.push(&identity, &row("message", &message.type_url, STANDARD.encode(kept)))
}

fn row(what: &str, name: &str, body: String) -> UnknownTypeRow {
    UnknownTypeRow {
        what: what.to_owned(),
        name: name.chars().take(256).collect(),
        body,
    }
}
