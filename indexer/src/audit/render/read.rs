//! The tables of a network as a [`Ledger`].

use super::ledger::{Change, Event, Ledger, Observation, Subject};
use crate::audit::error::AuditError;
use clickhouse::{Client, Row, RowOwned, RowRead};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Row, Serialize, Deserialize)]
struct StoredObservation {
    slot: u64,
    subject: String,
    address: String,
    amount: u64,
    endpoint: String,
}

#[derive(Row, Serialize, Deserialize)]
struct Windows {
    mint: String,
    windows: u64,
    with_mint: u64,
}

/// What a transaction is stored as.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct StoredTransaction {
    /// Signature.
    pub signature: String,
    /// Slot.
    pub slot: u64,
    /// Whether it failed.
    pub failed: u8,
    /// The one class of its movements, or `mixed`, `none`, `failed`.
    pub class: String,
}

/// What is committed of a network, from the first slot of the newest span without a hole. `None`: nothing is.
///
/// `origin`: the slot at or before which the mint did not exist yet, where that is known (a recording begins there): a span
/// that begins no later begins with nothing.
///
/// # Errors
/// The tables cannot be read.
pub async fn read_ledger(client: &Client, network: &str, origin: Option<u64>) -> Result<Option<Ledger>, AuditError> {
    let segments: Vec<(u64, u64)> = client
        .query(include_str!("sql/segments.sql"))
        .param("network", network)
        .fetch_all()
        .await
        .map_err(failed("live"))?;
    let Some((from, to)) = newest_span(&segments) else {
        return Ok(None);
    };
    let reader = Reader {
        client,
        network,
        from,
        to,
    };
    let windows: Vec<Windows> = reader.rows("render_slots", include_str!("sql/windows.sql")).await?;
    let windows = windows.into_iter().next();
    let stored: Vec<StoredObservation> = reader
        .rows("render_observations", include_str!("sql/observations.sql"))
        .await?;
    Ok(Some(Ledger {
        from,
        to,
        follows_mint: windows
            .as_ref()
            .is_some_and(|all| all.windows > 0 && all.windows == all.with_mint),
        mint: windows.map(|all| all.mint).unwrap_or_default(),
        from_nothing: origin.is_some_and(|origin| from <= origin),
        changes: reader
            .rows::<Change>("render_balance_changes", include_str!("sql/changes.sql"))
            .await?,
        events: reader
            .rows::<Event>("render_token_events", include_str!("sql/events.sql"))
            .await?,
        observations: stored.into_iter().filter_map(observation).collect(),
    }))
}

/// Each stored transaction, by signature.
///
/// # Errors
/// The table cannot be read.
pub async fn read_transactions(
    client: &Client,
    network: &str,
) -> Result<BTreeMap<String, StoredTransaction>, AuditError> {
    let rows: Vec<StoredTransaction> = client
        .query(include_str!("sql/transactions.sql"))
        .param("network", network)
        .fetch_all()
        .await
        .map_err(failed("render_transactions"))?;
    Ok(rows.into_iter().map(|row| (row.signature.clone(), row)).collect())
}

/// Segments that touch are one span; the last of them is what readers see.
fn newest_span(segments: &[(u64, u64)]) -> Option<(u64, u64)> {
    segments.iter().copied().reduce(|span, (from, to)| {
        if from <= span.1.saturating_add(1) {
            (span.0, span.1.max(to))
        } else {
            (from, to)
        }
    })
}

fn observation(row: StoredObservation) -> Option<Observation> {
    let subject = match row.subject.as_str() {
        "supply" => Subject::Supply,
        "opening_supply" => Subject::OpeningSupply,
        "balance" => Subject::Balance,
        _ => return None,
    };
    Some(Observation {
        slot: row.slot,
        subject,
        address: row.address,
        amount: row.amount,
        endpoint: row.endpoint,
    })
}

struct Reader<'a> {
    client: &'a Client,
    network: &'a str,
    from: u64,
    to: u64,
}

impl Reader<'_> {
    async fn rows<T: Row + RowOwned + RowRead>(&self, table: &'static str, sql: &str) -> Result<Vec<T>, AuditError> {
        let query = self.client.query(sql).param("network", self.network);
        let query = query.param("from", self.from).param("to", self.to);
        query.fetch_all::<T>().await.map_err(failed(table))
    }
}

/// A query that failed.
pub(super) fn failed(table: &'static str) -> impl Fn(clickhouse::error::Error) -> AuditError {
    move |source| AuditError::Query {
        table,
        height: 0,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::newest_span;

    #[test]
    fn the_newest_span_ends_at_the_last_hole() {
        assert_eq!(newest_span(&[]), None);
        assert_eq!(newest_span(&[(1, 5)]), Some((1, 5)));
        assert_eq!(newest_span(&[(1, 5), (6, 9)]), Some((1, 9)));
        assert_eq!(newest_span(&[(1, 5), (7, 9), (10, 12)]), Some((7, 12)));
        assert_eq!(newest_span(&[(1, u64::MAX), (3, 4)]), Some((1, u64::MAX)));
    }
}
