//! Request bodies: received with a time limit, decompressed, and read by the blocking thread that drives the engine.

use std::future::poll_fn;
use std::io::{self, BufRead, BufReader, Read};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use bytes::Bytes;
use futures::stream::{self, Stream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use lz4_flex::frame::FrameDecoder;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};
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
        Encoding::Lz4 => Box::new(Lz4Frames::new(Blocking::new(raw))),
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
    /// An error that came after some bytes of the same read: it is due at the next one.
    failed: Option<io::Error>,
}

impl<R> Blocking<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            runtime: Handle::current(),
            failed: None,
        }
    }
}

impl<R: AsyncRead + Unpin> Read for Blocking<R> {
    /// Fills as much of `buffer` as is there already: some clients send every row as a chunk of its own, and waking
    /// this thread for each would cost more than the row.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let (inner, failed) = (&mut self.inner, &mut self.failed);
        let mut buffer = ReadBuf::new(buffer);
        self.runtime.block_on(poll_fn(|cx| {
            loop {
                let before = buffer.filled().len();
                match Pin::new(&mut *inner).poll_read(cx, &mut buffer) {
                    Poll::Pending if before == 0 => return Poll::Pending,
                    Poll::Ready(Err(error)) if before == 0 => return Poll::Ready(Err(error)),
                    Poll::Ready(Err(error)) => *failed = Some(error),
                    Poll::Ready(Ok(())) if buffer.filled().len() > before && buffer.remaining() > 0 => continue,
                    Poll::Pending | Poll::Ready(Ok(())) => {}
                }
                return Poll::Ready(Ok(buffer.filled().len()));
            }
        }))
    }
}

/// LZ4 frames, one after another: clickhouse-connect sends each block of rows as a frame of its own. The codec's own
/// reader ends with the first frame, and takes the end of its source for the end of a frame; either would lose rows
/// without a word. So each frame gets a reader of its own, and how it ended is watched.
struct Lz4Frames<R: Read> {
    state: Lz4State<Watched<R>>,
}

enum Lz4State<R: Read> {
    Between(R),
    Inside(Box<FrameDecoder<R>>),
    Ended,
}

impl<R: Read> Lz4Frames<R> {
    fn new(inner: R) -> Self {
        Self {
            state: Lz4State::Between(Watched {
                inner: BufReader::new(inner),
                ended: false,
            }),
        }
    }
}

impl<R: Read> Read for Lz4Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            self.state = match std::mem::replace(&mut self.state, Lz4State::Ended) {
                Lz4State::Ended => return Ok(0),
                Lz4State::Between(mut source) => {
                    if source.inner.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    Lz4State::Inside(Box::new(FrameDecoder::new(source)))
                }
                Lz4State::Inside(mut decoder) => match decoder.read(buffer)? {
                    0 if decoder.get_ref().ended => return Err(io::ErrorKind::UnexpectedEof.into()),
                    0 => Lz4State::Between(decoder.into_inner()),
                    n => {
                        self.state = Lz4State::Inside(decoder);
                        return Ok(n);
                    }
                },
            };
        }
    }
}

/// Remembers that its source has ended.
struct Watched<R> {
    inner: BufReader<R>,
    ended: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.ended |= n == 0 && !buffer.is_empty();
        Ok(n)
    }
}

/// Every codec takes several members one after another as one body.
fn decoder(raw: impl AsyncBufRead + Send + Unpin + 'static, encoding: Encoding) -> Box<dyn AsyncRead + Send + Unpin> {
    macro_rules! members {
        ($decoder:ident) => {{
            let mut decoder = $decoder::new(raw);
            decoder.multiple_members(true);
            Box::new(decoder)
        }};
    }
    match encoding {
        Encoding::Gzip => members!(GzipDecoder),
        Encoding::Zstd => members!(ZstdDecoder),
        Encoding::Deflate => members!(ZlibDecoder),
        Encoding::Brotli => members!(BrotliDecoder),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use lz4_flex::frame::FrameEncoder;

    use super::*;

    fn frame(raw: &[u8]) -> Vec<u8> {
        let mut encoder = FrameEncoder::new(Vec::new());
        encoder.write_all(raw).unwrap();
        encoder.finish().unwrap()
    }

    fn decoded(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Lz4Frames::new(bytes).read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn every_lz4_frame_of_a_body_counts() {
        let bytes = [frame(b"one "), frame(b""), frame(&[7; 100_000]), frame(b" end")].concat();
        assert_eq!(
            decoded(&bytes).unwrap(),
            [&b"one "[..], &[7; 100_000], b" end"].concat()
        );
        assert_eq!(decoded(b"").unwrap(), b"");
    }

    #[test]
    fn a_body_that_ends_inside_an_lz4_frame_is_an_error() {
        let bytes = [frame(b"one "), frame(b"some more data")].concat();
        let first = frame(b"one ").len();
        for cut in (1..bytes.len()).filter(|cut| *cut != first) {
            assert!(decoded(&bytes[..cut]).is_err(), "cut at {cut} of {}", bytes.len());
        }
    }

    #[test]
    fn an_error_behind_some_bytes_is_not_lost() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let _inside = runtime.enter();
        let chunks = vec![
            Ok(Bytes::from_static(b"abc")),
            Ok(Bytes::from_static(b"def")),
            Err(io::Error::other("gone")),
        ];
        let mut reader = Blocking::new(StreamReader::new(stream::iter(chunks)));
        let mut buffer = [0; 100];
        assert_eq!(reader.read(&mut buffer).unwrap(), 6, "all that is there comes at once");
        assert_eq!(reader.read(&mut buffer).unwrap_err().to_string(), "gone");
    }
}
