//! Table `provider_events`. The events name the owner only; what was registered is in the message.

use super::view::{Located, events};
use crate::chain::akash::model::{Block, EventBody, MessageBody, ProviderRecord};
use crate::chain::akash::resources::attributes_json;
use clickhouse::Row;
use gridproof_store::batch::{Batch, TableRow};
use gridproof_store::row_binary::EncodeError;
use serde::{Deserialize, Serialize};

/// A provider registered, changed its record, or was deleted. Its texts are its own and not to be trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct ProviderEventRow {
    /// `created`, `updated`, `deleted`.
    pub kind: String,
    /// Address.
    pub owner: String,
    /// Gateway.
    pub host_uri: String,
    /// Contact.
    pub email: String,
    /// Web site.
    pub website: String,
    /// JSON list of keys and values, in the order of the message.
    pub attributes: String,
}

impl TableRow for ProviderEventRow {
    const TABLE: &'static str = "provider_events";
}

pub(super) fn derive(block: &Block, batch: &mut Batch) -> Result<(), EncodeError> {
    for located in events(block) {
        let (kind, owner) = match located.body() {
            EventBody::ProviderCreated { owner } => ("created", owner),
            EventBody::ProviderUpdated { owner } => ("updated", owner),
            EventBody::ProviderDeleted { owner } => ("deleted", owner),
            _ => continue,
        };
        let mut row = record(&located, owner).map_or_else(ProviderEventRow::default, filled);
        kind.clone_into(&mut row.kind);
        owner.clone_into(&mut row.owner);
        batch.push(&located.identity(), &row)?;
    }
    Ok(())
}

fn record<'b>(located: &Located<'b>, owner: &str) -> Option<&'b ProviderRecord> {
    located.message(|body| match body {
        MessageBody::CreateProvider(record) | MessageBody::UpdateProvider(record) if record.owner == owner => {
            Some(record)
        }
        _ => None,
    })
}

fn filled(record: &ProviderRecord) -> ProviderEventRow {
    ProviderEventRow {
        host_uri: record.host_uri.clone(),
        email: record.email.clone(),
        website: record.website.clone(),
        attributes: attributes_json(&record.attributes).to_string(),
        ..ProviderEventRow::default()
    }
}
