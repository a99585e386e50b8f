//! Table `audit_events`. The events name provider and auditor only; what was signed is in the message.

use super::view::{Located, events};
use crate::chain::akash::model::{Block, EventBody, MessageBody};
use crate::chain::akash::resources::attributes_json;
use clickhouse::Row;
use gridproof_store::batch::{Batch, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// An auditor signed attributes of a provider, or took some back.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct AuditEventRow {
    /// `signed`, `deleted`.
    pub kind: String,
    /// Provider.
    pub owner: String,
    /// Auditor.
    pub auditor: String,
    /// Signed: JSON list of keys and values. Deleted: JSON list of keys, `[]` for all.
    pub attributes: String,
}

impl TableRow for AuditEventRow {
    const TABLE: &'static str = "audit_events";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    for located in events(block) {
        let (kind, owner, auditor) = match located.body() {
            EventBody::AuditSigned { owner, auditor } => ("signed", owner, auditor),
            EventBody::AuditDeleted { owner, auditor } => ("deleted", owner, auditor),
            _ => continue,
        };
        let row = AuditEventRow {
            kind: kind.to_owned(),
            owner: owner.clone(),
            auditor: auditor.clone(),
            attributes: attributes(&located, owner, auditor),
        };
        batch.push(&located.identity(), &row)?;
    }
    Ok(())
}

fn attributes(located: &Located<'_>, provider: &str, signer: &str) -> String {
    let signs = matches!(located.body(), EventBody::AuditSigned { .. });
    let said = located.message(|body| match body {
        MessageBody::SignAttributes {
            owner,
            auditor,
            attributes,
        } if signs && owner == provider && auditor == signer => Some(attributes_json(attributes)),
        MessageBody::DeleteAttributes { owner, auditor, keys } if !signs && owner == provider && auditor == signer => {
            Some(keys.iter().map(String::as_str).collect())
        }
        _ => None,
    });
    said.map(|value| value.to_string()).unwrap_or_default()
}
