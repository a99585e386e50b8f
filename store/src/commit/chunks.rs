//! The rows of a table on their way: parts that are one insert each, chunks that are one write each.

use crate::batch::{Origin, TableRows};
use crate::row_binary::put_string;
use bytes::Bytes;
use std::ops::Range;

/// Rows of one insert: well below the server's `max_insert_block_size`, so that an insert is one block, is
/// written as a whole and has one token.
const PART_ROWS: usize = 250_000;
/// Bytes of one write to the connection.
const CHUNK_BYTES: usize = 256 * 1024;

/// RowBinary of the columns that all rows of a batch share, as [`crate::batch::SHARED_COLUMNS`] names them.
pub(super) fn shared_columns(origin: &Origin, generation: u32) -> Vec<u8> {
    let mut out = Vec::new();
    put_string(origin.network.as_bytes(), &mut out);
    put_string(origin.chain_id.as_bytes(), &mut out);
    out.extend_from_slice(&generation.to_le_bytes());
    out
}

/// Rows that are inserted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    number: usize,
    rows: Range<usize>,
}

/// Divides a table; the same rows are always divided in the same way.
pub(super) fn parts(table: &TableRows) -> impl Iterator<Item = Part> + use<> {
    divide(table.rows as usize, PART_ROWS)
}

fn divide(rows: usize, part_rows: usize) -> impl Iterator<Item = Part> {
    (0..rows).step_by(part_rows).enumerate().map(move |(number, start)| {
        let end = (start + part_rows).min(rows);
        Part {
            number,
            rows: start..end,
        }
    })
}

impl Part {
    /// Token of this part.
    pub(super) fn token(&self, of_table: &str) -> String {
        if self.number == 0 {
            of_table.to_owned()
        } else {
            format!("{of_table}#{}", self.number)
        }
    }

    /// The rows, each behind the shared columns, in writes of bounded size.
    pub(super) fn chunks<'a>(
        &self,
        table: &'a TableRows,
        shared: &'a [u8],
    ) -> impl Iterator<Item = Bytes> + Send + use<'a> {
        let mut rows = table.iter().skip(self.rows.start).take(self.rows.len());
        std::iter::from_fn(move || {
            let mut chunk = Vec::new();
            for row in rows.by_ref() {
                chunk.extend_from_slice(shared);
                chunk.extend_from_slice(row);
                if chunk.len() >= CHUNK_BYTES {
                    break;
                }
            }
            (!chunk.is_empty()).then(|| Bytes::from(chunk))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_rows_in_order() {
        let parts: Vec<Part> = divide(7, 3).collect();
        assert_eq!(
            parts.iter().map(|part| part.rows.clone()).collect::<Vec<_>>(),
            [0..3, 3..6, 6..7]
        );
        assert_eq!(
            parts.iter().map(|part| part.token("t")).collect::<Vec<_>>(),
            ["t", "t#1", "t#2"]
        );
        assert_eq!(divide(0, 3).count(), 0);
    }

    #[test]
    fn shared_columns_are_strings_and_a_number() {
        let origin = Origin {
            network: "ab".into(),
            chain_id: "c".into(),
        };
        assert_eq!(shared_columns(&origin, 258), b"\x02ab\x01c\x02\x01\x00\x00");
    }
}
