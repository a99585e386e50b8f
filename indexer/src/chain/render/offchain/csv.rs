//! The CSV tables: plain fields, a header line, columns found by name.

use super::{
    DUNE, FIRST_NON_EPOCH, FOUNDATION, Kind, MAX_ROWS, OffchainError, ReportedEpoch, ReportedLiability, Rows, channel,
    number, period,
};

/// Columns of the table of epochs that are read. Its burned amounts are the Foundation's, copied: they are not read
/// here, or the same number would seem to have two witnesses.
const EPOCH_COLUMNS: [&str; 6] = ["epoch", "start", "end", "any_recipients", "work_render", "avail_render"];
/// Columns of the table of liabilities that are read.
const LIABILITY_COLUMNS: [&str; 6] = [
    "channel",
    "epochId",
    "start",
    "end",
    "amountDue_base_units",
    "n_wallets_with_obh",
];

/// Reads a table of either kind.
pub(super) fn read(text: &str) -> Result<(Kind, Rows), OffchainError> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').map(str::trim).collect();
    let has = |columns: &[&str]| columns.iter().all(|column| header.contains(column));
    let (kind, columns) = match () {
        () if has(&EPOCH_COLUMNS) => (Kind::EpochTable, EPOCH_COLUMNS),
        () if has(&LIABILITY_COLUMNS) => (Kind::LiabilityTable, LIABILITY_COLUMNS),
        () => {
            let shown: String = header.join(", ").escape_debug().take(200).collect();
            return Err(OffchainError::Unknown(format!(
                "no known table has the columns {shown}"
            )));
        }
    };
    let positions: Vec<usize> = columns
        .iter()
        .filter_map(|column| header.iter().position(|name| name == column))
        .collect();
    let mut rows = Rows::default();
    for (number, line) in (2..).zip(lines).filter(|(_, line)| !line.trim().is_empty()) {
        if number > MAX_ROWS {
            return Err(OffchainError::TooManyRows);
        }
        let line = Line::split(number, line, &header, &columns, &positions)?;
        match kind {
            Kind::LiabilityTable => rows.liabilities.push(liability(&line)?),
            _ => match epoch(&line)? {
                Some(epoch) => rows.epochs.push(epoch),
                None => rows.dropped += 1,
            },
        }
    }
    Ok((kind, rows))
}

/// The fields of one line that are read, with their place.
struct Line<'a> {
    number: usize,
    columns: [&'a str; 6],
    fields: [&'a str; 6],
}

impl<'a> Line<'a> {
    fn split(
        number: usize,
        line: &'a str,
        header: &[&str],
        columns: &[&'a str; 6],
        positions: &[usize],
    ) -> Result<Self, OffchainError> {
        let wrong = |what: String| OffchainError::row(format!("line {number}"), what);
        if line.contains('"') {
            return Err(wrong(
                "it has quoted fields, which no table of this kind has".to_owned(),
            ));
        }
        let all: Vec<&str> = line.split(',').map(str::trim).collect();
        if all.len() != header.len() {
            return Err(wrong(format!(
                "it has {} fields, the header {}",
                all.len(),
                header.len()
            )));
        }
        let mut fields = [""; 6];
        for (field, position) in fields.iter_mut().zip(positions) {
            *field = all[*position];
        }
        Ok(Self {
            number,
            columns: *columns,
            fields,
        })
    }

    /// A field with its place, for messages.
    fn at(&self, index: usize) -> (String, &'a str) {
        (
            format!("line {}, {}", self.number, self.columns[index]),
            self.fields[index],
        )
    }

    /// What `read` makes of a field.
    fn get<T>(&self, index: usize, read: impl Fn(&str, &str) -> Result<T, OffchainError>) -> Result<T, OffchainError> {
        let (place, field) = self.at(index);
        read(&place, field)
    }

    /// The same where the field says something.
    fn maybe<T>(
        &self,
        index: usize,
        read: impl Fn(&str, &str) -> Result<T, OffchainError>,
    ) -> Result<Option<T>, OffchainError> {
        if self.fields[index].is_empty() {
            return Ok(None);
        }
        self.get(index, read).map(Some)
    }
}

fn epoch(line: &Line<'_>) -> Result<Option<ReportedEpoch>, OffchainError> {
    if line.get(0, number::whole)? >= FIRST_NON_EPOCH {
        return Ok(None);
    }
    let (starts_at_ms, ends_at_ms) = (line.get(1, number::time_ms)?, line.get(2, number::time_ms)?);
    period(&line.at(2).0, starts_at_ms, ends_at_ms)?;
    Ok(Some(ReportedEpoch {
        source: DUNE,
        epoch: line.get(0, number::count)?,
        starts_at_ms,
        ends_at_ms,
        burned: None,
        burned_usd: None,
        credits: None,
        wallets_paid: line.maybe(3, number::count)?,
        work_paid: line.maybe(4, number::amount)?,
        availability_paid: line.maybe(5, number::amount)?,
    }))
}

fn liability(line: &Line<'_>) -> Result<ReportedLiability, OffchainError> {
    let (starts_at_ms, ends_at_ms) = (line.get(2, number::time_ms)?, line.get(3, number::time_ms)?);
    period(&line.at(3).0, starts_at_ms, ends_at_ms)?;
    Ok(ReportedLiability {
        source: FOUNDATION,
        epoch: line.get(1, number::count)?,
        channel: line.get(0, channel)?,
        starts_at_ms,
        ends_at_ms,
        amount_due: line.get(4, number::whole)?,
        wallets: line.get(5, number::count)?,
    })
}
