//! ClickHouse's native compressed framing, as `decompress=1` and `compress=1` use it.
//!
//! A frame is `CityHash128 v1.0.2 (16 bytes) | method (1) | u32 LE size with this 9-byte header | u32 LE raw size | data`;
//! the checksum covers everything after itself.

use std::io::{self, ErrorKind, Read};

const CHECKSUM: usize = 16;
const HEADER: usize = 9;
const NONE: u8 = 0x02;
const LZ4: u8 = 0x82;
const ZSTD: u8 = 0x90;

/// The largest frame that is accepted, raw or compressed: ClickHouse's own limit is 1 GiB; clients send 1 MiB at most.
const MAX_FRAME: u32 = 128 << 20;

/// Why a frame was refused; becomes the ClickHouse exception of the same meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The data are not what was sent.
    #[error("checksum doesn't match: corrupted data")]
    Checksum,
    /// Not LZ4, ZSTD or plain.
    #[error("unknown compression method: {0:#04x}")]
    Method(u8),
    /// Over [`MAX_FRAME`], or a header that says less than its own size.
    #[error("too large size compressed or decompressed: {0} bytes. Most likely corrupted data")]
    Size(u32),
    /// The codec refused the data, or the raw size is not the stated one.
    #[error("cannot decompress a block. Most likely corrupted data")]
    Data,
}

impl From<FrameError> for io::Error {
    fn from(error: FrameError) -> Self {
        Self::new(ErrorKind::InvalidData, error)
    }
}

/// Reads frames from `inner` and yields the raw bytes. A stream that ends inside a frame is `UnexpectedEof`.
pub(super) struct FrameReader<R> {
    inner: R,
    raw: Vec<u8>,
    at: usize,
}

impl<R: Read> FrameReader<R> {
    /// Starts at a frame border.
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            raw: Vec::new(),
            at: 0,
        }
    }

    /// Loads the next frame; `false` at the end of the stream.
    fn next_frame(&mut self) -> io::Result<bool> {
        let mut head = [0; CHECKSUM + HEADER];
        let first = self.inner.read(&mut head)?;
        if first == 0 {
            return Ok(false);
        }
        self.inner.read_exact(&mut head[first..])?;
        let (size, raw_size) = (u32_at(&head, CHECKSUM + 1), u32_at(&head, CHECKSUM + 5));
        let body = size.checked_sub(HEADER as u32).ok_or(FrameError::Size(size))?;
        if size > MAX_FRAME || raw_size > MAX_FRAME {
            return Err(FrameError::Size(size.max(raw_size)).into());
        }
        // `take` bounds the allocation by what really arrives, not by what the header claims.
        let mut frame = head[CHECKSUM..].to_vec();
        (&mut self.inner).take(u64::from(body)).read_to_end(&mut frame)?;
        if frame.len() != size as usize {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if checksum(&frame) != head[..CHECKSUM] {
            return Err(FrameError::Checksum.into());
        }
        self.raw = decode(&frame, raw_size as usize)?;
        self.at = 0;
        Ok(true)
    }
}

impl<R: Read> Read for FrameReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.raw.len() {
            if !self.next_frame()? {
                return Ok(0);
            }
        }
        let n = out.len().min(self.raw.len() - self.at);
        out[..n].copy_from_slice(&self.raw[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

/// One LZ4 frame holding `raw`, for answers with `compress=1`.
#[must_use]
pub(super) fn encode(raw: &[u8]) -> Vec<u8> {
    let data = lz4_flex::block::compress(raw);
    let mut out = vec![0; CHECKSUM];
    out.push(LZ4);
    // An answer chunk is at most some MiB: both sizes fit.
    out.extend(u32::try_from(data.len() + HEADER).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(u32::try_from(raw.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(data);
    let sum = checksum(&out[CHECKSUM..]);
    out[..CHECKSUM].copy_from_slice(&sum);
    out
}

fn decode(frame: &[u8], raw_size: usize) -> Result<Vec<u8>, FrameError> {
    let (method, data) = (frame[0], &frame[HEADER..]);
    let mut raw = vec![0; raw_size];
    let written = match method {
        NONE if data.len() == raw_size => {
            raw.copy_from_slice(data);
            raw_size
        }
        LZ4 => lz4_flex::block::decompress_into(data, &mut raw).map_err(|_| FrameError::Data)?,
        ZSTD => zstd::bulk::decompress_to_buffer(data, &mut raw).map_err(|_| FrameError::Data)?,
        NONE => return Err(FrameError::Data),
        other => return Err(FrameError::Method(other)),
    };
    if written == raw_size {
        Ok(raw)
    } else {
        Err(FrameError::Data)
    }
}

/// The two halves of the hash, low half first, each little-endian.
fn checksum(frame: &[u8]) -> [u8; CHECKSUM] {
    cityhash_rs::cityhash_102_128(frame).rotate_right(64).to_le_bytes()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn read_all(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        FrameReader::new(bytes).read_to_end(&mut out).map(|_| out)
    }

    fn refusal(bytes: &[u8]) -> FrameError {
        let error = read_all(bytes).unwrap_err();
        *error.get_ref().and_then(|e| e.downcast_ref()).unwrap()
    }

    #[test]
    fn frames_follow_one_another() {
        let bytes = [encode(b"first "), encode(b""), encode(b"second")].concat();
        assert_eq!(read_all(&bytes).unwrap(), b"first second");
    }

    #[test]
    fn a_flipped_bit_is_a_checksum_error() {
        let mut frame = encode(b"some data");
        *frame.last_mut().unwrap() ^= 1;
        assert_eq!(refusal(&frame), FrameError::Checksum);
    }

    #[test]
    fn a_frame_cut_short_is_an_unexpected_end() {
        let frame = encode(b"some data");
        for cut in 1..frame.len() {
            assert_eq!(
                read_all(&frame[..cut]).unwrap_err().kind(),
                ErrorKind::UnexpectedEof,
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn a_header_that_claims_a_gigabyte_allocates_nothing() {
        let mut frame = encode(b"x");
        frame[CHECKSUM + 5..CHECKSUM + 9].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(refusal(&frame), FrameError::Size(u32::MAX));
    }

    proptest! {
        #[test]
        fn any_bytes_survive(raw in proptest::collection::vec(any::<u8>(), 0..5000)) {
            prop_assert_eq!(read_all(&encode(&raw)).unwrap(), raw);
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_all(&bytes);
        }
    }
}
