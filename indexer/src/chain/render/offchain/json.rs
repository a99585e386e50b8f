//! The JSON documents of the Foundation's dashboard.

use super::liability::{self, Liability};
use super::{FIRST_NON_EPOCH, FOUNDATION, Kind, MAX_ROWS, OffchainError, ReportedEpoch, Rows, number, period};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The items of a document, and when it was made.
pub(super) struct Items<'a> {
    pub(super) items: Vec<&'a RawValue>,
    pub(super) timestamp_ms: Option<i64>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(default, borrow)]
    timestamp: Option<&'a RawValue>,
}

/// `epochBurnStats`; keys that newer versions add are let be.
#[derive(Deserialize)]
struct BurnStats<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(rename = "startDate", borrow, default)]
    start: Option<&'a RawValue>,
    #[serde(rename = "endDate", borrow, default)]
    end: Option<&'a RawValue>,
    #[serde(rename = "burnedRender", borrow, default)]
    burned: Option<&'a RawValue>,
    #[serde(rename = "burnedRenderUSDCAmt", borrow, default)]
    burned_usd: Option<&'a RawValue>,
    #[serde(rename = "totalRenderUsed", borrow, default)]
    credits: Option<&'a RawValue>,
}

/// Reads a document of either kind.
pub(super) fn read(text: &str) -> Result<(Kind, Rows), OffchainError> {
    let Items { items, timestamp_ms } = items(text)?;
    let mut rows = Rows {
        timestamp_ms,
        ..Rows::default()
    };
    let kind = kind(&items)?;
    for (index, item) in items.iter().enumerate() {
        match kind {
            Kind::Liabilities => rows.liabilities.push(liability::read_record(index, item)?.reported()),
            _ => match burn_stats(index, item)? {
                Some(epoch) => rows.epochs.push(epoch),
                None => rows.dropped += 1,
            },
        }
    }
    Ok((kind, rows))
}

/// All liability records of a document, wallets included.
pub(super) fn liabilities(text: &str) -> Result<Vec<Liability>, OffchainError> {
    let Items { items, .. } = items(text)?;
    if kind(&items)? != Kind::Liabilities {
        return Err(OffchainError::Unknown("the document has no liabilities".to_owned()));
    }
    let read = |(index, item): (usize, &&RawValue)| liability::read_record(index, item);
    items.iter().enumerate().map(read).collect()
}

/// The list within the envelope, the bare list, or the one record.
fn items(text: &str) -> Result<Items<'_>, OffchainError> {
    let wrong = |error: serde_json::Error| OffchainError::Unknown(format!("the document is not JSON: {error}"));
    let root: &RawValue = serde_json::from_str(text).map_err(wrong)?;
    let envelope = is_object(root)
        .then(|| serde_json::from_str::<Envelope<'_>>(root.get()).ok())
        .flatten();
    let (data, timestamp) = envelope.map_or((root, None), |envelope| (envelope.data, envelope.timestamp));
    let items = if data.get().starts_with('[') {
        serde_json::from_str::<Vec<&RawValue>>(data.get()).map_err(wrong)?
    } else {
        vec![data]
    };
    if items.len() > MAX_ROWS {
        return Err(OffchainError::TooManyRows);
    }
    if !items.iter().all(|item| is_object(item)) {
        return Err(OffchainError::Unknown("the list does not hold objects only".to_owned()));
    }
    let timestamp_ms = timestamp.map(|time| time_of("timestamp", time)).transpose()?;
    Ok(Items { items, timestamp_ms })
}

/// Whether a value is an object: a list of the right length would be read as a record, too.
fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

/// What the first item is; all must be the same, or reading them fails.
fn kind(items: &[&RawValue]) -> Result<Kind, OffchainError> {
    let Some(first) = items.first() else {
        return Err(OffchainError::Unknown("the list is empty".to_owned()));
    };
    let keys: BTreeMap<String, &RawValue> = serde_json::from_str(first.get())
        .map_err(|_| OffchainError::Unknown("the list does not hold objects".to_owned()))?;
    let has = |key: &str| keys.contains_key(key);
    match () {
        () if has("epochId") && has("channel") && has("amountDue") => Ok(Kind::Liabilities),
        () if has("id") && has("burnedRender") => Ok(Kind::BurnStats),
        () => {
            let some: Vec<String> = keys
                .keys()
                .take(8)
                .map(|key| key.escape_debug().take(40).collect())
                .collect();
            Err(OffchainError::Unknown(format!(
                "no known record has the keys {}",
                some.join(", ")
            )))
        }
    }
}

/// One epoch; none, where the row is no epoch.
fn burn_stats(index: usize, item: &RawValue) -> Result<Option<ReportedEpoch>, OffchainError> {
    let row: BurnStats<'_> = serde_json::from_str(item.get())
        .map_err(|error| OffchainError::row(format!("row {index}"), format!("it is no epoch: {error}")))?;
    let id = number::whole(&format!("row {index}, id"), number_text(row.id))?;
    if id >= FIRST_NON_EPOCH {
        return Ok(None);
    }
    let epoch = u32::try_from(id).map_err(|_| OffchainError::row(format!("row {index}"), "its id is too large"))?;
    let place = |field: &str| format!("epoch {epoch}, {field}");
    let time = |field: &str, value: Option<&RawValue>| {
        let value = value.ok_or_else(|| OffchainError::row(place(field), "it is missing"))?;
        time_of(&place(field), value)
    };
    let (starts_at_ms, ends_at_ms) = (time("startDate", row.start)?, time("endDate", row.end)?);
    period(&place("endDate"), starts_at_ms, ends_at_ms)?;
    let amount = |field: &str, value: Option<&RawValue>| {
        let stated = value.filter(|value| value.get() != "null");
        stated
            .map(|value| number::amount(&place(field), number_text(value)))
            .transpose()
    };
    Ok(Some(ReportedEpoch {
        source: FOUNDATION,
        epoch,
        starts_at_ms,
        ends_at_ms,
        burned: amount("burnedRender", row.burned)?,
        burned_usd: amount("burnedRenderUSDCAmt", row.burned_usd)?,
        credits: amount("totalRenderUsed", row.credits)?,
        wallets_paid: None,
        work_paid: None,
        availability_paid: None,
    }))
}

/// A JSON number, or a JSON text that holds one: its characters.
pub(super) fn number_text(value: &RawValue) -> &str {
    let text = value.get();
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
}

/// A time in a JSON text.
pub(super) fn time_of(place: &str, value: &RawValue) -> Result<i64, OffchainError> {
    number::time_ms(place, number_text(value))
}
