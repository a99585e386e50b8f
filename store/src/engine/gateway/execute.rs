//! Runs one request against the engine, on a thread that may block.

use std::io::{self, Read};
use std::path::PathBuf;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::super::exception::{Exception, code};
use super::super::ffi::{Connection, Engine, Stats};
use super::formats::{self, Joining};
use super::request::{Request, quote};
use super::spill::{Held, Spill};
use super::sql::{self, Insert, Statement};
use super::{body, framing, hello};

/// The format of an answer when nobody names one, as on a ClickHouse server's HTTP port.
const DEFAULT_FORMAT: &str = "TabSeparated";

/// A statement that is not an insert must end within this many bytes.
const MAX_STATEMENT: usize = 16 << 20;

/// How far the head of an `INSERT` is searched before more is read.
const HEAD_STEP: usize = 256 << 10;

/// Data of an insert are handed to the engine in pieces of at most this size.
const APPEND_SIZE: usize = 1 << 20;

/// An answer up to this size is complete before its head is sent: errors then have their status, and the summary is final.
const ANSWER_BUFFER: usize = 1 << 20;

/// After an error, so much of the body is read and thrown away, so that the client gets to see the answer.
const DRAIN_LIMIT: u64 = 256 << 20;

/// What the beginning of the answer is made from.
#[derive(Debug)]
pub(super) struct Head {
    /// The format of the body; `None` when the statement has no answer.
    pub format: Option<String>,
    /// What it took so far; final when `rest` is `None`.
    pub stats: Stats,
    /// The body, or its first part.
    pub first: Vec<u8>,
    /// The rest of the body, or the exception that ends it.
    pub rest: Option<mpsc::Receiver<Result<Bytes, Exception>>>,
}

/// What every statement of a gateway shares.
pub(super) struct Backend {
    /// The engine.
    pub engine: Engine,
    /// Its time zone.
    pub timezone: String,
    /// A folder for answers that are held back.
    pub scratch: PathBuf,
}

impl Backend {
    /// Stops the `SELECT` that runs under `tag`, if it still does.
    pub(super) fn kill(&self, tag: &str) {
        let sql = format!(
            "KILL QUERY WHERE query_kind = 'Select' AND Settings['log_comment'] = {} ASYNC",
            quote(tag, '\'')
        );
        let killed = self
            .engine
            .connect()
            .map_err(|e| Exception::from_engine(&e.to_string()));
        if let Err(error) = killed.and_then(|mut c| c.query(sql.as_bytes(), DEFAULT_FORMAT, &Vec::new())) {
            tracing::warn!(%error, "cannot stop a statement whose client is gone");
        }
    }
}

/// Runs `request` and sends the head of the answer, or the exception, to `reply`. The statement runs under `tag`.
pub(super) fn run(
    backend: &Backend,
    tag: &str,
    request: &Request,
    mut body: Box<dyn Read + Send>,
    reply: oneshot::Sender<Result<Head, Exception>>,
) {
    let mut job = Job {
        backend,
        tag,
        request,
        reply: Some(reply),
    };
    if let Err(exception) = job.run(&mut body) {
        // Without a reader left there is nobody to tell.
        if job.reply.is_some() {
            let _ = io::copy(&mut body.take(DRAIN_LIMIT), &mut io::sink());
        }
        job.answer(Err(exception));
    }
}

struct Job<'a> {
    backend: &'a Backend,
    tag: &'a str,
    request: &'a Request,
    reply: Option<oneshot::Sender<Result<Head, Exception>>>,
}

impl Job<'_> {
    fn run(&mut self, body: &mut dyn Read) -> Result<(), Exception> {
        let text = self.read_statement(body)?;
        if self.request.native_revision > 0 && std::str::from_utf8(&text).is_ok_and(hello::is_hello) {
            let greeting = hello::answer(&self.backend.timezone);
            self.complete(Some("Native".to_owned()), Stats::default(), greeting);
            return Ok(());
        }
        let mut connection = self.session()?;
        match sql::route(&text) {
            Statement::Empty => Err(Exception::new(
                code::SYNTAX_ERROR,
                "SYNTAX_ERROR",
                "Syntax error: Empty query",
            )),
            Statement::ClientFile => Err(Exception::new(
                code::INTO_OUTFILE_NOT_ALLOWED,
                "INTO_OUTFILE_NOT_ALLOWED",
                "INTO OUTFILE and FROM INFILE are not allowed over HTTP",
            )),
            Statement::Insert(insert) => self.insert(&mut connection, &text, &insert, body),
            Statement::Select { format, whole } => {
                let format = self.format(format);
                match formats::joining(&format) {
                    Joining::Whole => self.whole(&mut connection, &text, format),
                    _ if whole || self.changes_shape() => self.whole(&mut connection, &text, format),
                    joining => self.stream(&mut connection, &text, format, joining),
                }
            }
            Statement::Other { format } => {
                let format = self.format(format);
                self.whole(&mut connection, &text, format)
            }
        }
    }

    /// A connection with this request's database, settings and mode. It is closed with the request, so nothing leaks
    /// into the next one.
    fn session(&self) -> Result<Connection, Exception> {
        let mut connection = self
            .backend
            .engine
            .connect()
            .map_err(|e| Exception::from_engine(&e.to_string()))?;
        for sql in [self.request.use_sql(), Some(self.request.settings_sql(self.tag)?)]
            .into_iter()
            .flatten()
        {
            connection.query(sql.as_bytes(), DEFAULT_FORMAT, &Vec::new())?;
        }
        Ok(connection)
    }

    /// The statement, with the beginning of the data if it is an insert that carries some.
    fn read_statement(&self, body: &mut dyn Read) -> Result<Vec<u8>, Exception> {
        let mut text = Vec::new();
        if let Some(query) = &self.request.query {
            text.extend_from_slice(query.as_bytes());
            text.push(b'\n');
        }
        let mut ended = false;
        loop {
            if sql::is_insert(&text) && matches!(sql::route(&text), Statement::Insert(Insert { format: Some(_), .. })) {
                return Ok(text);
            }
            if ended {
                return Ok(text);
            }
            if text.len() > MAX_STATEMENT {
                return Err(Exception::new(
                    code::QUERY_IS_TOO_LARGE,
                    "QUERY_IS_TOO_LARGE",
                    "Max query size exceeded",
                ));
            }
            let read = (&mut *body)
                .take(HEAD_STEP as u64)
                .read_to_end(&mut text)
                .map_err(|e| body::exception(&e))?;
            ended = read < HEAD_STEP;
        }
    }

    fn format(&self, named: Option<String>) -> String {
        named
            .or_else(|| self.request.default_format.clone())
            .unwrap_or_else(|| DEFAULT_FORMAT.to_owned())
    }

    /// Settings of the request that add something beside the rows, or wrap them.
    fn changes_shape(&self) -> bool {
        self.request
            .settings
            .iter()
            .any(|(name, _)| name == "extremes" || name == "output_format_json_array_of_rows")
    }

    fn insert(
        &mut self,
        connection: &mut Connection,
        text: &[u8],
        insert: &Insert,
        body: &mut dyn Read,
    ) -> Result<(), Exception> {
        let format = insert
            .format
            .clone()
            .or_else(|| self.request.default_format.clone())
            .unwrap_or_else(|| "Values".to_owned());
        let mut stream = connection.insert(&text[..insert.head], &format, &self.request.params)?;
        let mut accepted = insert.data == text.len() || stream.append(&text[insert.data..]);
        let mut buffer = vec![0; APPEND_SIZE];
        while accepted {
            // A body that breaks off drops the stream, which cancels the insert.
            match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => accepted = stream.append(&buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(body::exception(&error)),
            }
        }
        let stats = stream.finish()?;
        self.complete(None, stats, Vec::new());
        Ok(())
    }

    fn whole(&mut self, connection: &mut Connection, text: &[u8], format: String) -> Result<(), Exception> {
        if connection.statement_count(text) > 1 {
            let what = "Syntax error (Multi-statements are not allowed)";
            return Err(Exception::new(code::SYNTAX_ERROR, "SYNTAX_ERROR", what));
        }
        let answer = connection.query(text, &format, &self.request.params)?;
        let format = (!answer.bytes.is_empty() || answer.stats.result_rows > 0).then_some(format);
        let first = self.pack(answer.bytes);
        self.complete(format, answer.stats, first);
        Ok(())
    }

    fn stream(
        &mut self,
        connection: &mut Connection,
        text: &[u8],
        format: String,
        joining: Joining,
    ) -> Result<(), Exception> {
        let mut stream = connection.stream(text, &format, &self.request.params)?;
        let (mut stats, mut first, mut begun) = (Stats::default(), Vec::new(), false);
        let mut next = || -> Result<Option<(Vec<u8>, Stats)>, Exception> {
            let Some(answer) = stream.fetch()? else { return Ok(None) };
            let skip = match joining {
                Joining::Header(header) if begun => header.length(&answer.bytes),
                _ => 0,
            };
            begun = true;
            let bytes = if skip == 0 {
                answer.bytes
            } else {
                answer.bytes[skip..].to_vec()
            };
            Ok(Some((bytes, answer.stats)))
        };
        if self.request.wait_end_of_query {
            let mut spill = Spill::new(&self.backend.scratch);
            while let Some((bytes, more)) = next()? {
                stats += more;
                spill.push(&self.pack(bytes)).map_err(|e| held_back(&e))?;
            }
            return self.release(format, stats, spill);
        }
        while first.len() < ANSWER_BUFFER {
            let Some((bytes, more)) = next()? else {
                self.complete(Some(format), stats, first);
                return Ok(());
            };
            stats += more;
            first.extend(self.pack(bytes));
        }
        let sender = self.begin(format, stats, first);
        loop {
            let item = match next() {
                Ok(None) => return Ok(()),
                Ok(Some((bytes, _))) => Ok(Bytes::from(self.pack(bytes))),
                Err(exception) => Err(exception),
            };
            let failed = item.is_err();
            // A closed channel is a client that went away: dropping the stream cancels the statement.
            if sender.blocking_send(item).is_err() || failed {
                return Ok(());
            }
        }
    }

    /// Sends an answer that was held back to its end.
    fn release(&mut self, format: String, stats: Stats, spill: Spill<'_>) -> Result<(), Exception> {
        let mut held = match spill.finish().map_err(|e| held_back(&e))? {
            Held::Memory(bytes) => {
                self.complete(Some(format), stats, bytes);
                return Ok(());
            }
            Held::File(reader) => reader,
        };
        let sender = self.begin(format, stats, Vec::new());
        loop {
            let mut piece = Vec::with_capacity(ANSWER_BUFFER);
            let item = match (&mut held).take(ANSWER_BUFFER as u64).read_to_end(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(_) => Ok(Bytes::from(piece)),
                Err(error) => Err(held_back(&error)),
            };
            let failed = item.is_err();
            if sender.blocking_send(item).is_err() || failed {
                return Ok(());
            }
        }
    }

    /// Sends the whole answer.
    fn complete(&mut self, format: Option<String>, stats: Stats, first: Vec<u8>) {
        let rest = None;
        self.answer(Ok(Head {
            format,
            stats,
            first,
            rest,
        }));
    }

    /// Sends the beginning of an answer; the rest goes into the returned channel.
    fn begin(&mut self, format: String, stats: Stats, first: Vec<u8>) -> mpsc::Sender<Result<Bytes, Exception>> {
        let (sender, rest) = mpsc::channel(2);
        let (format, rest) = (Some(format), Some(rest));
        self.answer(Ok(Head {
            format,
            stats,
            first,
            rest,
        }));
        sender
    }

    fn pack(&self, bytes: Vec<u8>) -> Vec<u8> {
        if self.request.compress && !bytes.is_empty() {
            framing::encode(&bytes)
        } else {
            bytes
        }
    }

    fn answer(&mut self, result: Result<Head, Exception>) {
        if let Some(reply) = self.reply.take() {
            // The receiver is gone when the client is: nothing to do then.
            let _ = reply.send(result);
        }
    }
}

/// A held-back answer that cannot be kept on disk.
fn held_back(error: &io::Error) -> Exception {
    Exception::from_engine(&format!("cannot hold the answer back until its end: {error}"))
}
