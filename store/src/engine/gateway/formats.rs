//! Which formats can be streamed, and how.
//!
//! The engine renders every chunk of a streamed answer as a document of its own. For most row formats the
//! chunks can be concatenated; for some the header must be cut off all but the first; the rest (JSON, XML, Parquet,
//! Arrow, Pretty…) cannot be joined and are rendered in one piece.

/// How the chunks of a format become one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joining {
    /// Chunks follow one another as they are.
    Concatenate,
    /// Every chunk begins with the same header: keep the first.
    Header(Header),
    /// Only the whole answer is valid.
    Whole,
}

/// The shape of a header, so that its length can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// Column count, then that many strings once (names) or twice (names and types), in RowBinary.
    Binary {
        /// How many lists of strings.
        lists: usize,
    },
    /// So many lines; line feeds inside are escaped.
    Lines(usize),
    /// So many CSV records; line feeds inside double quotes do not count.
    Csv(usize),
}

/// How answers in `format` are joined. Names are compared without regard to case, as ClickHouse does.
#[must_use]
pub(super) fn joining(format: &str) -> Joining {
    match format.to_ascii_lowercase().as_str() {
        "tabseparated"
        | "tsv"
        | "tabseparatedraw"
        | "tsvraw"
        | "raw"
        | "csv"
        | "rowbinary"
        | "native"
        | "jsoneachrow"
        | "jsonlines"
        | "ndjson"
        | "jsonstringseachrow"
        | "jsoncompacteachrow"
        | "jsoncompactstringseachrow"
        | "null" => Joining::Concatenate,
        "rowbinarywithnames" => Joining::Header(Header::Binary { lists: 1 }),
        "rowbinarywithnamesandtypes" => Joining::Header(Header::Binary { lists: 2 }),
        "tabseparatedwithnames"
        | "tsvwithnames"
        | "jsoncompacteachrowwithnames"
        | "jsoncompactstringseachrowwithnames" => Joining::Header(Header::Lines(1)),
        "tabseparatedwithnamesandtypes"
        | "tsvwithnamesandtypes"
        | "jsoncompacteachrowwithnamesandtypes"
        | "jsoncompactstringseachrowwithnamesandtypes" => Joining::Header(Header::Lines(2)),
        "csvwithnames" => Joining::Header(Header::Csv(1)),
        "csvwithnamesandtypes" => Joining::Header(Header::Csv(2)),
        _ => Joining::Whole,
    }
}

/// The `Content-Type` that ClickHouse sends for a format.
#[must_use]
pub(super) fn content_type(format: &str) -> &'static str {
    let lower = format.to_ascii_lowercase();
    match lower.as_str() {
        "jsoneachrow" | "jsonlines" | "ndjson" | "jsonstringseachrow" => "application/x-ndjson; charset=UTF-8",
        "csv" => "text/csv; charset=UTF-8; header=absent",
        "csvwithnames" | "csvwithnamesandtypes" => "text/csv; charset=UTF-8; header=present",
        "xml" => "application/xml; charset=UTF-8",
        "markdown" => "text/markdown; charset=UTF-8",
        "native" | "parquet" | "arrow" | "arrowstream" | "orc" | "avro" => "application/octet-stream",
        _ if lower.starts_with("json") => "application/json; charset=UTF-8",
        _ if lower.starts_with("rowbinary") => "application/octet-stream",
        _ if lower.starts_with("tsv") || lower.starts_with("tabseparated") => {
            "text/tab-separated-values; charset=UTF-8"
        }
        _ => "text/plain; charset=UTF-8",
    }
}

impl Header {
    /// The length in bytes of the header that `chunk` begins with; the whole chunk if it holds nothing else.
    #[must_use]
    pub(super) fn length(self, chunk: &[u8]) -> usize {
        let found = match self {
            Self::Binary { lists } => binary_header(chunk, lists),
            Self::Lines(n) => nth_line_feed(chunk, n, false),
            Self::Csv(n) => nth_line_feed(chunk, n, true),
        };
        found.unwrap_or(chunk.len())
    }
}

fn binary_header(chunk: &[u8], lists: usize) -> Option<usize> {
    let (columns, mut at) = varint(chunk, 0)?;
    for _ in 0..columns.checked_mul(lists)? {
        let (length, next) = varint(chunk, at)?;
        at = next.checked_add(length)?;
        if at > chunk.len() {
            return None;
        }
    }
    Some(at)
}

/// An unsigned LEB128 number at `at` and the position behind it.
fn varint(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut value = 0usize;
    for shift in (0..usize::BITS - 7).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
    }
    None
}

fn nth_line_feed(chunk: &[u8], n: usize, quotes: bool) -> Option<usize> {
    let (mut seen, mut quoted) = (0, false);
    for (at, &byte) in chunk.iter().enumerate() {
        match byte {
            b'"' if quotes => quoted = !quoted,
            b'\n' if !quoted => {
                seen += 1;
                if seen == n {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_row_binary_ends_where_the_rows_begin() {
        let chunk = b"\x02\x01a\x01s\x06UInt64\x06String\x07\0\0\0\0\0\0\0\x01x";
        let Joining::Header(header) = joining("RowBinaryWithNamesAndTypes") else {
            panic!()
        };
        assert_eq!(header.length(chunk), 19);
        assert_eq!(header.length(&chunk[..19]), 19, "zero rows");
        assert_eq!(
            header.length(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
            10,
            "never past the chunk"
        );
    }

    #[test]
    fn a_line_feed_inside_a_quoted_csv_name_does_not_end_the_header() {
        let chunk = b"\"a\nb\",\"c\"\"\nd\"\n1,2\n";
        assert_eq!(Header::Csv(1).length(chunk), chunk.len() - 4);
    }

    #[test]
    fn documents_are_never_joined() {
        for format in [
            "JSON",
            "JSONCompact",
            "XML",
            "Parquet",
            "Pretty",
            "Values",
            "Arrow",
            "Template",
        ] {
            assert_eq!(joining(format), Joining::Whole, "{format}");
        }
    }
}
