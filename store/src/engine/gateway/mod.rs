//! ClickHouse's HTTP interface in front of the embedded engine.
//!
//! Each request gets a fresh session with the engine (0.2 ms), so settings, the current database and temporary tables
//! of one request never reach the next. Statements run on blocking threads, at most [`MAX_STATEMENTS`] at once; the rest wait.

mod auth;
mod body;
mod execute;
mod formats;
mod framing;
mod hello;
mod refusal;
mod reply;
mod request;
mod spill;
mod sql;

pub(super) use auth::Account;

use std::convert::Infallible;
use std::future::Future;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::exception::{Exception, code};
use super::ffi::Engine;
use execute::Backend;
use request::Request;

/// Statements that run at the same time. Far more than the engine has use for, because an open insert counts, too, and a
/// writer may keep one open for each of its tables: with fewer slots than tables it would wait for itself.
const MAX_STATEMENTS: usize = 256;

/// Request line and headers together; the HTTP library refuses a URL over 64 KiB before that.
const MAX_HEAD: usize = 256 << 10;

/// A connection that sends no request for so long is closed.
const IDLE: Duration = Duration::from_secs(60);

/// Running statements get so long to end when the engine stops.
const GRACE: Duration = Duration::from_secs(8);

/// A form (statement and parameters) may be so large.
const MAX_FORM: u64 = 64 << 20;

/// The engine and what its answers carry.
pub(super) struct Gateway {
    backend: Arc<Backend>,
    account: Account,
    statements: Arc<Semaphore>,
}

impl Gateway {
    /// Asks the engine for what every answer states. Large answers that are held back are kept in `scratch`.
    ///
    /// # Errors
    /// When the engine does not answer its first statement.
    pub(super) fn new(engine: Engine, account: Account, scratch: PathBuf) -> Result<Self, Exception> {
        let mut connection = engine.connect().map_err(|e| Exception::from_engine(&e.to_string()))?;
        let answer = connection.query(b"SELECT timezone()", "TSVRaw", &Vec::new())?;
        let timezone = String::from_utf8_lossy(&answer.bytes).trim().to_owned();
        drop(connection);
        let statements = Arc::new(Semaphore::new(MAX_STATEMENTS));
        Ok(Self {
            backend: Arc::new(Backend {
                engine,
                timezone,
                scratch,
            }),
            account,
            statements,
        })
    }

    /// Serves until `stop` is ready, then lets running statements end within [`GRACE`]; `false` if some still run.
    pub(super) async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) -> bool {
        let gateway = Arc::new(self);
        let (connections, stopping) = (TaskTracker::new(), CancellationToken::new());
        tokio::pin!(stop);
        loop {
            let stream = tokio::select! {
                () = &mut stop => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        // Out of file descriptors, or a client gone before it was accepted: the next one may do.
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            connections.spawn(connection(Arc::clone(&gateway), stream, stopping.clone()));
        }
        drop(listener);
        stopping.cancel();
        connections.close();
        tokio::time::timeout(GRACE, connections.wait()).await.is_ok()
    }

    async fn handle(&self, request: http::Request<Incoming>) -> Response<reply::Body> {
        let (parts, body) = request.into_parts();
        if let Some(answer) = probe(&parts) {
            return answer;
        }
        let mut context = reply::Context {
            timezone: self.backend.timezone.clone(),
            query_id: query_id(),
            started: Instant::now(),
        };
        match self.query(&parts, body, &mut context).await {
            Ok(head) => context.answer(head),
            Err(exception) => context.error(&exception),
        }
    }

    async fn query(
        &self,
        parts: &http::request::Parts,
        body: Incoming,
        context: &mut reply::Context,
    ) -> Result<execute::Head, Exception> {
        if !matches!(parts.method, Method::GET | Method::HEAD | Method::POST) {
            return Err(Exception::new(
                48,
                "NOT_IMPLEMENTED",
                &format!("Method {} is not supported", parts.method),
            ));
        }
        self.account.admit_origin(&parts.headers)?;
        let mut request = Request::parse(parts)?;
        if let Some(id) = &request.query_id {
            context.query_id.clone_from(id);
        }
        self.account.admit(&request.credentials)?;
        let reader: Box<dyn Read + Send> = match boundary(&parts.headers) {
            Some(boundary) => {
                form(&mut request, body, boundary).await?;
                Box::new(std::io::empty())
            }
            None => body::reader(body, request.encoding, request.decompress),
        };
        self.run(request, reader).await
    }

    async fn run(&self, request: Request, reader: Box<dyn Read + Send>) -> Result<execute::Head, Exception> {
        let gone = || Exception::from_engine("the statement ended without an answer");
        let permit = Arc::clone(&self.statements).acquire_owned().await.map_err(|_| gone())?;
        let backend = Arc::clone(&self.backend);
        let tag = format!("gridproof:{:032x}", fastrand::u128(..));
        let client = Client {
            backend: Arc::clone(&backend),
            tag: tag.clone(),
            waiting: true,
        };
        let (sender, receiver) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            execute::run(&backend, &tag, &request, reader, sender);
            drop(permit);
        });
        let head = receiver.await;
        client.answered();
        head.map_err(|_| gone())?
    }
}

/// The client of a running statement. The HTTP library drops the request when the client goes away, and this with it:
/// then the statement is stopped, if it is a `SELECT`.
struct Client {
    backend: Arc<Backend>,
    tag: String,
    waiting: bool,
}

impl Client {
    fn answered(mut self) {
        self.waiting = false;
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.waiting {
            let (backend, tag) = (Arc::clone(&self.backend), std::mem::take(&mut self.tag));
            tokio::task::spawn_blocking(move || backend.kill(&tag));
        }
    }
}

async fn connection(gateway: Arc<Gateway>, stream: TcpStream, stopping: CancellationToken) {
    // Only a matter of latency.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let gateway = Arc::clone(&gateway);
        async move { Ok::<_, Infallible>(gateway.handle(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(refusal::Explained::new(stream)), service);
    tokio::pin!(connection);
    let result = tokio::select! {
        result = &mut connection => result,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "connection ended early");
    }
}

/// Paths outside of SQL: `/ping`, `/replicas_status`, and `/` without a statement.
fn probe(parts: &http::request::Parts) -> Option<Response<reply::Body>> {
    let read = matches!(parts.method, Method::GET | Method::HEAD);
    match parts.uri.path() {
        "/ping" | "/replicas_status" if read => Some(reply::plain(StatusCode::OK, "Ok.\n")),
        "/" if read && parts.uri.query().is_none() => Some(reply::plain(StatusCode::OK, "Ok.\n")),
        _ => None,
    }
}

/// The boundary of a `multipart/form-data` request.
fn boundary(headers: &HeaderMap) -> Option<String> {
    multer::parse_boundary(headers.get("content-type")?.to_str().ok()?).ok()
}

/// Reads a form: `query`, `param_*` and settings. Files (external tables) are not supported.
async fn form(request: &mut Request, body: Incoming, boundary: String) -> Result<(), Exception> {
    let limits = multer::Constraints::new().size_limit(multer::SizeLimit::new().whole_stream(MAX_FORM));
    let mut form = multer::Multipart::with_constraints(body::stream(body), boundary, limits);
    let broken = |e: multer::Error| {
        Exception::new(
            code::INCORRECT_DATA,
            "INCORRECT_DATA",
            &format!("Cannot parse the form: {e}"),
        )
    };
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if field.file_name().is_some() {
            return Err(Exception::new(
                48,
                "NOT_IMPLEMENTED",
                "External tables are not supported by the embedded engine",
            ));
        }
        request.set(&name, field.text().await.map_err(broken)?);
    }
    Ok(())
}

/// A fresh id in the shape of a random UUID.
fn query_id() -> String {
    let bits = (fastrand::u128(..) & !(0xf000 << 64) & !(0xc << 60)) | (0x4000 << 64) | (0x8 << 60);
    let hex = format!("{bits:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}
