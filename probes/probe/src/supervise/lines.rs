//! Lines of bounded length out of a pipe, and the bounded end of another.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};

/// Longest line of a worker, bytes: all measurements of a GPU take some hundred kilobytes.
pub(crate) const MAX_LINE_BYTES: usize = 8 << 20;
/// How much of a worker's standard error is kept, bytes.
pub(crate) const TAIL_BYTES: usize = 8 << 10;
/// Bytes that are read at once.
const CHUNK_BYTES: usize = 64 << 10;

/// Why there are no more lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The other side closed the pipe; an unfinished line is dropped.
    Closed,
    /// A line is longer than [`MAX_LINE_BYTES`].
    TooLong,
    /// The taker of lines has enough.
    Enough,
}

/// Hands every whole line, without its end, to `take`, until it returns `false`. Holds no more than one line.
pub(crate) fn each_line(mut source: impl Read, limit: usize, mut take: impl FnMut(&[u8]) -> bool) -> End {
    let mut pending: Vec<u8> = Vec::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = match source.read(&mut chunk) {
            Ok(0) => return End::Closed,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return End::Closed,
        };
        let mut rest = &chunk[..read];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            if pending.len() + end > limit {
                return End::TooLong;
            }
            pending.extend_from_slice(&rest[..end]);
            if !take(&pending) {
                return End::Enough;
            }
            pending.clear();
            rest = &rest[end + 1..];
        }
        if pending.len() + rest.len() > limit {
            return End::TooLong;
        }
        pending.extend_from_slice(rest);
    }
}

/// The last bytes of an endless text.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    bytes: VecDeque<u8>,
}

impl Tail {
    /// Adds to the end, forgets the beginning.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
        let excess = (self.bytes.len() + bytes.len()).saturating_sub(TAIL_BYTES);
        self.bytes.drain(..excess);
        self.bytes.extend(bytes);
    }

    /// The end as text, safe to print.
    pub(crate) fn text(&self) -> String {
        let (front, back) = self.bytes.as_slices();
        let bytes = [front, back].concat();
        crate::explain::plain_lines(&String::from_utf8_lossy(&bytes), TAIL_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], limit: usize) -> (Vec<String>, End) {
        let mut lines = Vec::new();
        let end = each_line(text, limit, |line| {
            lines.push(String::from_utf8_lossy(line).into_owned());
            true
        });
        (lines, end)
    }

    #[test]
    fn whole_lines_are_handed_out_and_an_unfinished_one_is_dropped() {
        assert_eq!(
            lines(b"a\n\nbc\nd", 10),
            (vec!["a".into(), String::new(), "bc".into()], End::Closed)
        );
    }

    #[test]
    fn a_line_over_the_limit_ends_it_whether_or_not_its_end_ever_comes() {
        assert_eq!(lines(b"1234\n12345\n", 4), (vec!["1234".into()], End::TooLong));
        let (none, end) = {
            let mut seen = 0;
            let end = each_line(std::io::repeat(b'x'), 1 << 20, |_| {
                seen += 1;
                true
            });
            (seen, end)
        };
        assert_eq!((none, end), (0, End::TooLong));
    }

    #[test]
    fn a_line_across_chunks_is_one_line() {
        let long = [vec![b'a'; CHUNK_BYTES + 7], b"\nb\n".to_vec()].concat();
        let (lines, _) = lines(&long, MAX_LINE_BYTES);
        assert_eq!((lines[0].len(), lines[1].as_str()), (CHUNK_BYTES + 7, "b"));
    }

    #[test]
    fn the_tail_keeps_the_end_and_no_more() {
        let mut tail = Tail::default();
        for i in 0..10_000 {
            tail.push(format!("{i}\n").as_bytes());
        }
        tail.push(b"\x1b[31mred\x1b[0m");
        let text = tail.text();
        assert!(text.len() <= TAIL_BYTES && text.ends_with("red[0m"), "{text}");
        assert!(!text.contains('\x1b'));
        tail.push(&vec![b'z'; 3 * TAIL_BYTES]);
        assert_eq!(tail.text().len(), TAIL_BYTES);
    }
}
