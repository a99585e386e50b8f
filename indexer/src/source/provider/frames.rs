//! Messages of a gRPC answer, taken out of its frames within limits.
//!
//! Five bytes come before each message: whether it is compressed, and its length. Both are believed before a byte of the
//! message is kept: a compressed message is refused, for nobody asked for one and a small one could become a large one, and so
//! is one over the limit.

use std::error::Error as _;

use bytes::{Buf, Bytes, BytesMut};
use h2::Reason;
use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tonic::{Code, Status};

use super::dial::causes;
use super::{Refusal, RefusalCode};

/// Flag and length.
const PREFIX_BYTES: usize = 5;

/// The messages of one answer, in order.
#[derive(Debug)]
pub(super) struct Messages {
    body: Incoming,
    buffer: BytesMut,
    limit: usize,
}

impl Messages {
    pub(super) fn new(body: Incoming, limit: usize) -> Self {
        Self {
            body,
            buffer: BytesMut::new(),
            limit,
        }
    }

    /// The next message; nothing after the last one of an answer that ended well. Dropped while it waits, it has lost nothing.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            if let Some(message) = take(&mut self.buffer, self.limit)? {
                return Ok(Some(message));
            }
            let frame = match self.body.frame().await {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Err(broken(&error)),
                None => return self.ended(None),
            };
            match frame.into_data() {
                Ok(data) => {
                    self.buffer.extend_from_slice(&data);
                    make_room(&mut self.buffer, self.limit);
                }
                Err(frame) => return self.ended(frame.trailers_ref()),
            }
        }
    }

    fn ended(&self, trailers: Option<&HeaderMap>) -> Result<Option<Bytes>, Refusal> {
        if let Some(refusal) = trailers.and_then(status) {
            return Err(refusal);
        }
        let whole = self.buffer.is_empty() && trailers.is_some_and(|t| t.contains_key("grpc-status"));
        if whole {
            return Ok(None);
        }
        Err(Refusal::new(
            RefusalCode::Broken,
            "the answer broke off without a gRPC status",
        ))
    }
}

/// Makes room for the rest of a message at once: growing step by step would end with up to twice as much.
fn make_room(buffer: &mut BytesMut, limit: usize) {
    if let Some([_, length @ ..]) = buffer.first_chunk::<PREFIX_BYTES>() {
        let whole = PREFIX_BYTES + (u32::from_be_bytes(*length) as usize).min(limit);
        buffer.reserve(whole.saturating_sub(buffer.len()));
    }
}

/// Takes one whole message off the buffer; nothing where it is not whole yet.
fn take(buffer: &mut BytesMut, limit: usize) -> Result<Option<Bytes>, Refusal> {
    let Some(prefix) = buffer.first_chunk::<PREFIX_BYTES>() else {
        return Ok(None);
    };
    let [flag, length @ ..] = *prefix;
    match flag {
        0 => {}
        1 => {
            return Err(Refusal::new(
                RefusalCode::Compressed,
                "the message is compressed, which was not asked for",
            ));
        }
        _ => {
            let reason = format!("a message begins with the flag {flag}: this is no gRPC");
            return Err(Refusal::new(RefusalCode::Protocol, reason));
        }
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > limit {
        let reason = format!("a message of {length} bytes, {limit} are the most that is read");
        return Err(Refusal::new(RefusalCode::TooLarge, reason));
    }
    if buffer.len() < PREFIX_BYTES + length {
        return Ok(None);
    }
    buffer.advance(PREFIX_BYTES);
    let message = buffer.split_to(length).freeze();
    // A stream that waits keeps no room for the large message that it once sent.
    *buffer = BytesMut::from(&buffer[..]);
    Ok(Some(message))
}

/// The refusal of a gRPC status in headers or trailers; nothing where it is OK or not there.
pub(super) fn status(headers: &HeaderMap) -> Option<Refusal> {
    let status = Status::from_header_map(headers).filter(|status| status.code() != Code::Ok)?;
    let kind = match status.code() {
        Code::Unimplemented => RefusalCode::Unimplemented,
        _ => RefusalCode::GrpcStatus,
    };
    let reason = format!("the provider answers with {:?}: {}", status.code(), status.message());
    Some(Refusal::new(kind, reason))
}

/// What a broken HTTP/2 connection or stream is.
pub(super) fn broken(error: &hyper::Error) -> Refusal {
    let reason = error
        .source()
        .and_then(|cause| cause.downcast_ref::<h2::Error>())
        .and_then(h2::Error::reason);
    let code = match reason {
        // A list of headers so far over its limit that it is not even unpacked.
        Some(Reason::COMPRESSION_ERROR) => RefusalCode::HeadersTooLarge,
        // What speaks something else, and headers that are a little over their limit.
        Some(Reason::PROTOCOL_ERROR | Reason::FRAME_SIZE_ERROR) => RefusalCode::Protocol,
        _ => RefusalCode::Broken,
    };
    Refusal::new(code, format!("the connection broke off: {}", causes(error)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
        let mut bytes = vec![flag];
        bytes.extend_from_slice(&(message.len() as u32).to_be_bytes());
        bytes.extend_from_slice(message);
        bytes
    }

    fn refused(bytes: &[u8]) -> RefusalCode {
        take(&mut BytesMut::from(bytes), 10).unwrap_err().code
    }

    #[test]
    fn the_length_is_believed_before_a_byte_is_kept() {
        assert_eq!(refused(&framed(0, &[0; 11])), RefusalCode::TooLarge);
        assert_eq!(refused(&[0, 0xff, 0xff, 0xff, 0xff]), RefusalCode::TooLarge);
        assert_eq!(refused(&framed(1, b"x")), RefusalCode::Compressed);
        assert_eq!(refused(b"HTTP/1.1 400 Bad Request"), RefusalCode::Protocol);
        assert_eq!(
            take(&mut BytesMut::from(&framed(0, &[7; 10])[..]), 10),
            Ok(Some(Bytes::from(vec![7; 10])))
        );
    }

    proptest! {
        #[test]
        fn messages_are_the_same_however_they_are_cut(
            messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6),
            cut in 1_usize..30,
        ) {
            let bytes: Vec<u8> = messages.iter().flat_map(|m| framed(0, m)).collect();
            let (mut buffer, mut seen) = (BytesMut::new(), Vec::new());
            for part in bytes.chunks(cut) {
                buffer.extend_from_slice(part);
                while let Some(message) = take(&mut buffer, 40).unwrap() {
                    seen.push(message.to_vec());
                }
            }
            prop_assert_eq!(seen, messages);
            prop_assert!(buffer.is_empty());
        }
    }
}
