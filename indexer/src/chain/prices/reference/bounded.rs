//! A reader of JSON in which no text may be long and nothing deep: a parser that streams still keeps each text whole, and
//! how deep it is.

use std::io::{Error, ErrorKind, Read};

/// Longest text.
const MAX_TEXT_BYTES: usize = 64 * 1024;
/// Deepest nesting; a price list has 8.
const MAX_DEPTH: usize = 32;

/// Passes JSON on as it is, and fails where a text, or anything else without a sign of structure, is too long or too deep.
pub(super) struct Bounded<R> {
    inner: R,
    in_text: bool,
    escaped: bool,
    run: usize,
    depth: usize,
}

impl<R: Read> Bounded<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            in_text: false,
            escaped: false,
            run: 0,
            depth: 0,
        }
    }

    fn pass(&mut self, byte: u8) {
        let ends = match (self.in_text, byte) {
            (true, _) if self.escaped => {
                self.escaped = false;
                false
            }
            (true, b'\\') => {
                self.escaped = true;
                false
            }
            (_, b'"') => {
                self.in_text = !self.in_text;
                true
            }
            (true, _) => false,
            (false, byte) => matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':') || byte.is_ascii_whitespace(),
        };
        match byte {
            b'{' | b'[' if !self.in_text => self.depth += 1,
            b'}' | b']' if !self.in_text => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.run = if ends { 0 } else { self.run + 1 };
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        for byte in &buffer[..read] {
            self.pass(*byte);
            if self.run > MAX_TEXT_BYTES {
                let why = format!("a text or number of more than {MAX_TEXT_BYTES} bytes");
                return Err(Error::new(ErrorKind::InvalidData, why));
            }
            if self.depth > MAX_DEPTH {
                let why = format!("nested deeper than {MAX_DEPTH} levels");
                return Err(Error::new(ErrorKind::InvalidData, why));
            }
        }
        Ok(read)
    }
}
