//! Puts an explanation into refusals that the HTTP library writes by itself.
//!
//! A request line or header over the limits, or one that is not HTTP, never reaches the gateway: the library answers
//! with a bare status and closes the connection. ClickHouse says in its body what was wrong, and so does this wrapper.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::exception::{Exception, code};

/// A connection whose bare refusals are replaced by explained ones.
pub(super) struct Explained<S> {
    inner: S,
    /// The explained refusal that is being written, and how much of it is out.
    pending: Option<(Vec<u8>, usize)>,
}

impl<S> Explained<S> {
    /// Wraps a fresh connection.
    pub(super) fn new(inner: S) -> Self {
        Self { inner, pending: None }
    }
}

/// The explained form of what the library is about to write, if that is one of its own refusals. Every answer of the
/// gateway has a body, so an empty one with such a status is the library's.
fn explain(written: &[u8]) -> Option<Vec<u8>> {
    let head = std::str::from_utf8(written).ok()?;
    if !head.ends_with("\r\n\r\n") || !head.to_ascii_lowercase().contains("\r\ncontent-length: 0\r\n") {
        return None;
    }
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?;
    let why = match status {
        "400" => "The request is not valid HTTP",
        "414" => "The URI is too long: at most 65534 bytes are accepted; send the statement in the body",
        "431" => "The request headers are too large",
        _ => return None,
    };
    let exception = Exception::new(code::BAD_REQUEST_PARAMETER, "BAD_ARGUMENTS", why);
    let line = head.split("\r\n").next()?;
    Some(
        format!(
            "{line}\r\ncontent-type: text/plain; charset=UTF-8\r\nx-clickhouse-exception-code: {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{}\n",
            exception.code,
            exception.message.len() + 1,
            exception.message
        )
        .into_bytes(),
    )
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.pending.is_none() {
            this.pending = explain(buf).map(|text| (text, 0));
        }
        let Some((text, at)) = &mut this.pending else {
            return Pin::new(&mut this.inner).poll_write(cx, buf);
        };
        while *at < text.len() {
            match Pin::new(&mut this.inner).poll_write(cx, &text[*at..]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(n)) => *at += n,
                other => return other,
            }
        }
        this.pending = None;
        // To the library its own, shorter refusal is out.
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_librarys_own_refusals_are_replaced() {
        let bare = b"HTTP/1.1 414 URI Too Long\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        let text = explain(bare)
            .map(|t| String::from_utf8_lossy(&t).into_owned())
            .unwrap_or_default();
        assert!(
            text.starts_with("HTTP/1.1 414 URI Too Long\r\n") && text.contains("DB::Exception"),
            "{text}"
        );
        assert_eq!(explain(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), None);
        assert_eq!(
            explain(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 5\r\n\r\nabcd\n"),
            None
        );
    }
}
