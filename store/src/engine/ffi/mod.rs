//! The C interface of libchdb, bound at run time and wrapped so that nothing outside this module is unsafe.
//!
//! What the library promises, and what was measured with 26.7.3 (engine 26.7.2):
//! * one storage path per process; any number of connections to it, each running one statement at a time;
//! * statements of different connections run in parallel; opening a connection costs about 0.2 ms;
//! * a call may come from any thread, as long as calls on one connection do not overlap: [`Connection`] is
//!   `Send` but every statement borrows it mutably, so the compiler keeps them apart;
//! * results are copied into Rust memory and freed at once: no pointer of the library leaves this module.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int};
use std::path::Path;
use std::ptr;
use std::sync::{Arc, Mutex};

use libloading::Library;

use self::api::{Api, Query, RawAnalysis, RawConnection, RawInsert, RawResult, SUCCESS};
use super::exception::Exception;

mod api;

/// Why the engine could not be loaded or opened.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The dynamic loader refused the file, or a function is missing from it.
    #[error("cannot load the engine library: {0}; run `make engine` to install it again")]
    Loader(#[from] libloading::Error),
    /// `chdb_connect` returned null; the library says no more than that.
    #[error("the engine refused to open its data folder (in use by another process, not writable, or damaged)")]
    Connect,
    /// An argument contains a NUL byte.
    #[error("engine argument contains a NUL byte: {0}")]
    Argument(#[from] std::ffi::NulError),
}

/// Statement parameters (`{name:Type}`), values in ClickHouse's escaped text form, as HTTP's `param_*` has them.
pub(super) type Params = Vec<(String, String)>;

/// The loaded library with one connection held open, so that the engine starts once and lives until drop.
pub(super) struct Engine {
    api: Arc<Api>,
    arguments: Vec<CString>,
    /// Never used, only held; the mutex makes the engine shareable.
    anchor: Mutex<Option<Connection>>,
}

impl Engine {
    /// Loads the library and opens the engine. `arguments` are ClickHouse's own (`--path=...`, `--setting=value`);
    /// settings among them are the defaults of every connection.
    ///
    /// # Errors
    /// When the file cannot be loaded or the data folder cannot be opened.
    pub(super) fn open(library: &Path, arguments: &[String]) -> Result<Self, LoadError> {
        // SAFETY: loading runs the library's static initialisers; the file is the verified pinned engine.
        let library = unsafe { Library::new(library) }?;
        let api = Arc::new(Api::resolve(&library)?);
        // The engine starts threads that outlive any handle: it is never unloaded.
        std::mem::forget(library);
        // SAFETY: called before the first connection, as the library asks; takes a plain int.
        unsafe { (api.set_signal_handlers)(0) };
        let arguments = std::iter::once("gridproof")
            .chain(arguments.iter().map(String::as_str))
            .map(CString::new)
            .collect::<Result<Vec<_>, _>>()?;
        let anchor = Connection::open(&api, &arguments)?;
        Ok(Self {
            api,
            arguments,
            anchor: Mutex::new(Some(anchor)),
        })
    }

    /// Opens a connection: a fresh session with the default database and settings.
    ///
    /// # Errors
    /// When the engine refuses it.
    pub(super) fn connect(&self) -> Result<Connection, LoadError> {
        Connection::open(&self.api, &self.arguments)
    }

    /// The library's own version, such as `26.7.3`.
    #[must_use]
    pub(super) fn library_version(&self) -> String {
        // SAFETY: returns a static NUL-terminated string.
        unsafe { text((self.api.version)()) }.unwrap_or_default()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.anchor.get_mut().map(Option::take));
        // SAFETY: joins the engine's threads; does nothing while a connection is still open.
        unsafe { (self.api.shutdown)() };
    }
}

/// Figures that the engine reports with a result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stats {
    /// Rows in the answer.
    pub result_rows: u64,
    /// Rows read from tables. In a streamed answer the engine's progress may lag behind by its last block.
    pub read_rows: u64,
    /// Bytes read from tables.
    pub read_bytes: u64,
    /// Rows written, those of materialized views included.
    pub written_rows: u64,
    /// Bytes written.
    pub written_bytes: u64,
}

impl std::ops::AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        self.result_rows += other.result_rows;
        self.read_rows += other.read_rows;
        self.read_bytes += other.read_bytes;
        self.written_rows += other.written_rows;
        self.written_bytes += other.written_bytes;
    }
}

/// An answer, or one chunk of it.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The bytes in the asked format.
    pub bytes: Vec<u8>,
    /// What it took.
    pub stats: Stats,
}

/// One session with the engine.
pub(super) struct Connection {
    api: Arc<Api>,
    handle: *mut *mut RawConnection,
}

// SAFETY: the library allows calls from any thread; `&mut self` on every statement keeps them from overlapping.
unsafe impl Send for Connection {}

impl Connection {
    fn open(api: &Arc<Api>, arguments: &[CString]) -> Result<Self, LoadError> {
        let mut argv: Vec<*mut c_char> = arguments.iter().map(|a| a.as_ptr().cast_mut()).collect();
        let argc = c_int::try_from(argv.len()).unwrap_or(c_int::MAX);
        // SAFETY: `argv` holds `argc` NUL-terminated strings that live through the call; the library copies them.
        let handle = unsafe { (api.connect)(argc, argv.as_mut_ptr()) };
        if handle.is_null() {
            return Err(LoadError::Connect);
        }
        Ok(Self {
            api: Arc::clone(api),
            handle,
        })
    }

    fn raw(&self) -> *mut RawConnection {
        // SAFETY: `handle` came from `chdb_connect` and is closed only on drop.
        unsafe { *self.handle }
    }

    /// Runs one statement and returns its whole answer. `format` is used when the text has no `FORMAT` clause.
    ///
    /// # Errors
    /// The engine's own exception.
    pub(super) fn query(&mut self, sql: &[u8], format: &str, params: &Params) -> Result<Answer, Exception> {
        let raw = self.start(self.api.query, sql, format, params);
        Raw { api: &self.api, raw }.into_answer()
    }

    /// Starts a statement whose answer is fetched chunk by chunk. Only `SELECT` (and `WITH … SELECT`) can be streamed.
    ///
    /// # Errors
    /// The engine's own exception, when the statement cannot be parsed, planned or streamed.
    pub(super) fn stream(&mut self, sql: &[u8], format: &str, params: &Params) -> Result<QueryStream<'_>, Exception> {
        let raw = self.start(self.api.stream_query, sql, format, params);
        let stream = QueryStream {
            connection: self,
            raw,
            finished: false,
        };
        // SAFETY: `raw` is the live result owned by `stream`.
        match unsafe { text((stream.connection.api.error)(raw)) } {
            None => Ok(stream),
            Some(message) => Err(Exception::from_engine(&message)),
        }
    }

    fn start(&mut self, call: Query, sql: &[u8], format: &str, params: &Params) -> *mut RawResult {
        let p = RawParams::new(params);
        // SAFETY: every pointer is valid for the length passed with it until the call returns; the library copies.
        unsafe {
            call(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                p.names.as_ptr(),
                p.name_lengths.as_ptr(),
                p.values.as_ptr(),
                p.value_lengths.as_ptr(),
                params.len(),
            )
        }
    }

    /// Starts an insert: `sql` is the statement up to but without its `FORMAT` clause, data follow with
    /// [`InsertStream::append`]. Nothing else can run on the connection until the stream is dropped.
    ///
    /// # Errors
    /// The engine's own exception (no such table, syntax, read-only mode).
    pub(super) fn insert(&mut self, sql: &[u8], format: &str, params: &Params) -> Result<InsertStream<'_>, Exception> {
        let p = RawParams::new(params);
        // SAFETY: as in `start`.
        let raw = unsafe {
            (self.api.start_insert)(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                p.names.as_ptr(),
                p.name_lengths.as_ptr(),
                p.values.as_ptr(),
                p.value_lengths.as_ptr(),
                params.len(),
            )
        };
        let stream = InsertStream { connection: self, raw };
        match stream.error() {
            None => Ok(stream),
            Some(message) => Err(Exception::from_engine(&message)),
        }
    }

    /// How many executable statements the text holds; 0 when it does not parse.
    #[must_use]
    pub(super) fn statement_count(&mut self, sql: &[u8]) -> u32 {
        let mut analysis = RawAnalysis {
            struct_size: u32::try_from(size_of::<RawAnalysis>()).unwrap_or(0),
            statement_count: 0,
            flags: 0,
            query_class: 0,
        };
        // SAFETY: `sql` is valid for its length; a null target database is allowed; the struct carries its size.
        let state = unsafe {
            (self.api.classify)(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                ptr::null(),
                0,
                &raw mut analysis,
            )
        };
        if state == SUCCESS { analysis.statement_count } else { 0 }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: the handle is live and closed exactly once; streams borrow the connection, so none is open.
        unsafe { (self.api.close)(self.handle) };
    }
}

/// Parameter arrays in the shape of the C calls; borrows the strings they point into.
struct RawParams {
    names: Vec<*const c_char>,
    name_lengths: Vec<usize>,
    values: Vec<*const c_char>,
    value_lengths: Vec<usize>,
}

impl RawParams {
    fn new(params: &Params) -> Self {
        Self {
            names: params.iter().map(|(n, _)| n.as_ptr().cast()).collect(),
            name_lengths: params.iter().map(|(n, _)| n.len()).collect(),
            values: params.iter().map(|(_, v)| v.as_ptr().cast()).collect(),
            value_lengths: params.iter().map(|(_, v)| v.len()).collect(),
        }
    }
}

/// A result that is freed when it leaves scope.
struct Raw<'a> {
    api: &'a Api,
    raw: *mut RawResult,
}

impl Raw<'_> {
    fn into_answer(self) -> Result<Answer, Exception> {
        if self.raw.is_null() {
            return Err(Exception::from_engine("the engine returned no result"));
        }
        // SAFETY: `raw` is a live result until `self` is dropped; the buffer is valid for `length` bytes.
        unsafe {
            if let Some(message) = text((self.api.error)(self.raw)) {
                return Err(Exception::from_engine(&message));
            }
            let (buffer, length) = ((self.api.buffer)(self.raw), (self.api.length)(self.raw));
            let bytes = if buffer.is_null() || length == 0 {
                Vec::new()
            } else {
                std::slice::from_raw_parts(buffer, length).to_vec()
            };
            let stats = Stats {
                result_rows: (self.api.rows)(self.raw),
                read_rows: (self.api.storage_rows)(self.raw),
                read_bytes: (self.api.storage_bytes)(self.raw),
                written_rows: (self.api.rows_written)(self.raw),
                written_bytes: (self.api.bytes_written)(self.raw),
            };
            Ok(Answer { bytes, stats })
        }
    }
}

impl Drop for Raw<'_> {
    fn drop(&mut self) {
        // SAFETY: destroys a live result exactly once; null is accepted.
        unsafe { (self.api.destroy_result)(self.raw) };
    }
}

/// A running `SELECT`. Dropping it before the end cancels the statement.
pub(super) struct QueryStream<'c> {
    connection: &'c mut Connection,
    raw: *mut RawResult,
    finished: bool,
}

impl QueryStream<'_> {
    /// The next chunk, complete in its format (header included, where the format has one); `None` at the end.
    ///
    /// # Errors
    /// The engine's own exception; the stream is over then.
    pub(super) fn fetch(&mut self) -> Result<Option<Answer>, Exception> {
        if self.finished {
            return Ok(None);
        }
        // SAFETY: connection and stream are live and not used by anyone else.
        let raw = unsafe { (self.connection.api.fetch)(self.connection.raw(), self.raw) };
        let answer = Raw {
            api: &self.connection.api,
            raw,
        }
        .into_answer();
        self.finished = !matches!(&answer, Ok(a) if !a.bytes.is_empty());
        answer.map(|a| (!a.bytes.is_empty()).then_some(a))
    }
}

impl Drop for QueryStream<'_> {
    fn drop(&mut self) {
        // SAFETY: the stream is live; cancelling is allowed until it ended; it is destroyed exactly once.
        unsafe {
            if !self.finished {
                (self.connection.api.cancel_query)(self.connection.raw(), self.raw);
            }
            (self.connection.api.destroy_result)(self.raw);
        }
    }
}

/// A running `INSERT`. Dropping it without [`InsertStream::finish`] cancels it: rows that the engine has not yet
/// written as a whole block are discarded.
pub(super) struct InsertStream<'c> {
    connection: &'c mut Connection,
    raw: *mut RawInsert,
}

impl InsertStream<'_> {
    /// Hands over the next piece of data; blocks while the engine is busy with earlier ones.
    /// `false`: the insert has failed already, [`InsertStream::finish`] says why.
    pub(super) fn append(&mut self, data: &[u8]) -> bool {
        // SAFETY: `data` is valid for its length and copied by the library.
        unsafe { (self.connection.api.append)(self.raw, data.as_ptr().cast(), data.len()) == SUCCESS }
    }

    /// Ends the data and waits until every block is written.
    ///
    /// # Errors
    /// The engine's own exception; blocks written before it stay, as in ClickHouse.
    pub(super) fn finish(self) -> Result<Stats, Exception> {
        // SAFETY: the stream is live; `done` is called once, because `self` is consumed.
        let raw = unsafe { (self.connection.api.done)(self.raw) };
        Raw {
            api: &self.connection.api,
            raw,
        }
        .into_answer()
        .map(|a| a.stats)
    }

    fn error(&self) -> Option<String> {
        // SAFETY: the handle is never null and live.
        unsafe { text((self.connection.api.insert_error)(self.raw)) }
    }
}

impl Drop for InsertStream<'_> {
    fn drop(&mut self) {
        // SAFETY: cancelling a finished stream does nothing; the handle is destroyed exactly once.
        unsafe {
            (self.connection.api.cancel_insert)(self.raw);
            (self.connection.api.destroy_insert)(self.raw);
        }
    }
}

/// Copies a C string; `None` for null.
///
/// # Safety
/// `pointer` is null or points to a NUL-terminated string.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}
