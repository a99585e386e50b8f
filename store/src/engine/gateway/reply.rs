//! Answers in ClickHouse's HTTP interface: headers, summary, errors before and in the middle of the body.

use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use tokio::sync::mpsc;

use super::super::exception::{Exception, code};
use super::super::ffi::Stats;
use super::execute::Head;
use super::formats;

/// The body type of every answer.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// After the exception block, so long is waited for it to leave before the connection is broken off.
const FLUSH: Duration = Duration::from_millis(100);

/// What every answer of one request carries.
#[derive(Debug, Clone)]
pub(super) struct Context {
    /// The engine's time zone.
    pub timezone: String,
    /// The request's id, its own or one made up.
    pub query_id: String,
    /// When the request arrived.
    pub started: Instant,
}

impl Context {
    /// A good answer.
    #[must_use]
    pub(super) fn answer(&self, head: Head) -> Response<Body> {
        let mut response = match head.rest {
            None => Response::new(full(head.first)),
            Some(rest) => {
                let tag = tag();
                let mut response = Response::new(streamed(head.first, rest, tag.clone()));
                set(&mut response, "x-clickhouse-exception-tag", &tag);
                response
            }
        };
        self.common(&mut response);
        set(
            &mut response,
            "x-clickhouse-summary",
            &summary(&head.stats, self.started.elapsed()),
        );
        if let Some(format) = &head.format {
            set(&mut response, "x-clickhouse-format", format);
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static(formats::content_type(format)));
        }
        response
    }

    /// An exception before anything was sent: its status, code and text.
    #[must_use]
    pub(super) fn error(&self, exception: &Exception) -> Response<Body> {
        let mut response = Response::new(full(format!("{}\n", exception.message)));
        *response.status_mut() = exception.status();
        self.common(&mut response);
        set(
            &mut response,
            "x-clickhouse-exception-code",
            &exception.code.to_string(),
        );
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=UTF-8"));
        if exception.code == code::REQUIRED_PASSWORD {
            let realm = HeaderValue::from_static("Basic realm=\"ClickHouse server HTTP API\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, realm);
        }
        response
    }

    fn common(&self, response: &mut Response<Body>) {
        set(response, "x-clickhouse-server-display-name", "gridproof");
        set(response, "x-clickhouse-query-id", &self.query_id);
        set(response, "x-clickhouse-timezone", &self.timezone);
    }
}

/// A short answer outside of SQL, such as `Ok.` to a ping.
#[must_use]
pub(super) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(full(text));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=UTF-8"));
    response
}

fn set(response: &mut Response<Body>, name: &'static str, value: &str) {
    // A value from the client (query_id) may hold bytes that no header can: it is not echoed then.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Figures as JSON strings, as ClickHouse sends them.
fn summary(stats: &Stats, elapsed: Duration) -> String {
    format!(
        r#"{{"read_rows":"{}","read_bytes":"{}","written_rows":"{}","written_bytes":"{}","total_rows_to_read":"{}","result_rows":"{}","result_bytes":"0","elapsed_ns":"{}"}}"#,
        stats.read_rows,
        stats.read_bytes,
        stats.written_rows,
        stats.written_bytes,
        stats.read_rows,
        if stats.written_rows > 0 {
            stats.written_rows
        } else {
            stats.result_rows
        },
        elapsed.as_nanos(),
    )
}

/// Sixteen letters that tell the exception block of this answer from its data.
fn tag() -> String {
    std::iter::repeat_with(fastrand::lowercase).take(16).collect()
}

/// Where a streamed body stands.
enum Stage {
    First(Vec<u8>),
    Rest,
    Broken,
}

/// The body in chunks. After an exception it ends without the final chunk, so that a client which does not know the
/// block still sees a broken transfer and not a short answer.
fn streamed(first: Vec<u8>, rest: mpsc::Receiver<Result<Bytes, Exception>>, tag: String) -> Body {
    let chunks = stream::unfold((Stage::First(first), rest, tag), |(stage, mut rest, tag)| async move {
        match stage {
            Stage::First(first) => Some((Ok(Frame::data(Bytes::from(first))), (Stage::Rest, rest, tag))),
            Stage::Rest => match rest.recv().await? {
                Ok(bytes) => Some((Ok(Frame::data(bytes)), (Stage::Rest, rest, tag))),
                Err(exception) => {
                    let block = exception_block(&exception, &tag);
                    Some((Ok(Frame::data(Bytes::from(block))), (Stage::Broken, rest, tag)))
                }
            },
            Stage::Broken => {
                tokio::time::sleep(FLUSH).await;
                Some((
                    Err(io::Error::other(
                        "the statement failed after part of its answer was sent",
                    )),
                    (Stage::Broken, rest, tag),
                ))
            }
        }
    });
    StreamBody::new(chunks).boxed_unsync()
}

/// The block that ends a failed answer: marker, tag, message, its length with the tag again, marker.
fn exception_block(exception: &Exception, tag: &str) -> String {
    let message = format!("{}\n", exception.message);
    format!(
        "\r\n__exception__\r\n{tag}\r\n{message}{} {tag}\r\n__exception__\r\n",
        message.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exception_block_states_the_length_of_its_message() {
        let block = exception_block(
            &Exception {
                code: 1,
                message: "Code: 1. oh".to_owned(),
            },
            "abc",
        );
        assert_eq!(
            block,
            "\r\n__exception__\r\nabc\r\nCode: 1. oh\n12 abc\r\n__exception__\r\n"
        );
    }

    #[test]
    fn the_summary_is_json_with_text_values() {
        let text = summary(
            &Stats {
                written_rows: 7,
                ..Stats::default()
            },
            Duration::from_nanos(5),
        );
        let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!(
            (&value["written_rows"], &value["elapsed_ns"]),
            (&"7".into(), &"5".into())
        );
    }
}
