//! Request bodies: received with a time limit, decompressed, and read by the blocking thread that drives the engine.

use std::io::{self, Read};
use std::time::Duration;

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use bytes::Bytes;
use futures::stream::{self, Stream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt};
use tokio::runtime::Handle;
use tokio_util::io::StreamReader;

use super::super::exception::{Exception, code};
use super::framing::{FrameError, FrameReader};
use super::request::Encoding;

/// How long a client may stay silent in the middle of a body. Longer than ClickHouse's 30 s, because writers keep an
/// insert open while they wait for the next block of a chain.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(300);

/// The chunks of a body, as they arrive.
pub(super) fn stream(body: Incoming) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::try_unfold(body, |mut body| async move {
        loop {
            match tokio::time::timeout(RECEIVE_TIMEOUT, body.frame()).await {
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => return Err(io::Error::new(io::ErrorKind::ConnectionAborted, error)),
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some((data, body)));
                    }
                }
            }
        }
    })
}

/// A blocking reader of the decompressed body. Must be made inside the runtime and read outside of it.
pub(super) fn reader(body: Incoming, encoding: Encoding, framed: bool) -> Box<dyn Read + Send> {
    let raw = StreamReader::new(Box::pin(stream(body)));
    let plain: Box<dyn Read + Send> = match encoding {
        Encoding::Identity => Box::new(Blocking::new(raw)),
        Encoding::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(Blocking::new(raw))),
        _ => Box::new(Blocking::new(decoder(raw, encoding))),
    };
    if framed {
        Box::new(FrameReader::new(plain))
    } else {
        plain
    }
}

/// Reads an asynchronous source from a thread that may block.
struct Blocking<R> {
    inner: R,
    runtime: Handle,
}

impl<R> Blocking<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            runtime: Handle::current(),
        }
    }
}

impl<R: AsyncRead + Unpin> Read for Blocking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.runtime.block_on(self.inner.read(buffer))
    }
}

fn decoder(raw: impl AsyncBufRead + Send + Unpin + 'static, encoding: Encoding) -> Box<dyn AsyncRead + Send + Unpin> {
    match encoding {
        Encoding::Gzip => {
            let mut decoder = GzipDecoder::new(raw);
            decoder.multiple_members(true);
            Box::new(decoder)
        }
        Encoding::Zstd => {
            let mut decoder = ZstdDecoder::new(raw);
            decoder.multiple_members(true);
            Box::new(decoder)
        }
        Encoding::Deflate => Box::new(ZlibDecoder::new(raw)),
        Encoding::Brotli => Box::new(BrotliDecoder::new(raw)),
        Encoding::Identity | Encoding::Lz4 => Box::new(raw),
    }
}

/// What a failed read means, in ClickHouse's terms.
#[must_use]
pub(super) fn exception(error: &io::Error) -> Exception {
    if let Some(frame) = error.get_ref().and_then(|e| e.downcast_ref::<FrameError>()) {
        let (code, name) = match frame {
            FrameError::Checksum => (code::CHECKSUM_DOESNT_MATCH, "CHECKSUM_DOESNT_MATCH"),
            FrameError::Method(_) => (code::UNKNOWN_COMPRESSION_METHOD, "UNKNOWN_COMPRESSION_METHOD"),
            FrameError::Size(_) => (code::TOO_LARGE_SIZE_COMPRESSED, "TOO_LARGE_SIZE_COMPRESSED"),
            FrameError::Data => (code::INCORRECT_DATA, "INCORRECT_DATA"),
        };
        return Exception::new(code, name, &frame.to_string());
    }
    match error.kind() {
        io::ErrorKind::TimedOut => Exception::new(
            code::SOCKET_TIMEOUT,
            "SOCKET_TIMEOUT",
            &format!(
                "Timeout exceeded while receiving data from client, waited for {} seconds",
                RECEIVE_TIMEOUT.as_secs()
            ),
        ),
        io::ErrorKind::ConnectionAborted => Exception::new(
            code::NETWORK_ERROR,
            "NETWORK_ERROR",
            "Connection broken while receiving data from client",
        ),
        io::ErrorKind::UnexpectedEof => Exception::new(
            code::CANNOT_READ_ALL_DATA,
            "CANNOT_READ_ALL_DATA",
            "Cannot read all data: the body ends inside a compressed block",
        ),
        _ => Exception::new(
            code::INCORRECT_DATA,
            "INCORRECT_DATA",
            &format!("Cannot decompress the body: {error}"),
        ),
    }
}
