//! The C functions of libchdb 26.7.3 as its header declares them, resolved at run time.

use std::ffi::{c_char, c_int, c_void};

use libloading::Library;

/// Opaque objects of the library; only pointers to them are ever handled.
#[repr(C)]
pub(super) struct RawResult(c_void);
#[repr(C)]
pub(super) struct RawConnection(c_void);
#[repr(C)]
pub(super) struct RawInsert(c_void);

/// `chdb_query_analysis_v1`: versioned by its own size.
#[repr(C)]
pub(super) struct RawAnalysis {
    pub(super) struct_size: u32,
    pub(super) statement_count: u32,
    pub(super) flags: u32,
    pub(super) query_class: u32,
}

pub(super) const SUCCESS: c_int = 0;

pub(super) type Query = unsafe extern "C" fn(
    *mut RawConnection,
    *const c_char,
    usize,
    *const c_char,
    usize,
    *const *const c_char,
    *const usize,
    *const *const c_char,
    *const usize,
    usize,
) -> *mut RawResult;

pub(super) type StartInsert = unsafe extern "C" fn(
    *mut RawConnection,
    *const c_char,
    usize,
    *const c_char,
    usize,
    *const *const c_char,
    *const usize,
    *const *const c_char,
    *const usize,
    usize,
) -> *mut RawInsert;

/// The functions in use, resolved once when the library is loaded.
pub(super) struct Api {
    pub(super) connect: unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut *mut RawConnection,
    pub(super) close: unsafe extern "C" fn(*mut *mut RawConnection),
    pub(super) query: Query,
    pub(super) stream_query: Query,
    pub(super) fetch: unsafe extern "C" fn(*mut RawConnection, *mut RawResult) -> *mut RawResult,
    pub(super) cancel_query: unsafe extern "C" fn(*mut RawConnection, *mut RawResult),
    pub(super) destroy_result: unsafe extern "C" fn(*mut RawResult),
    pub(super) buffer: unsafe extern "C" fn(*mut RawResult) -> *const u8,
    pub(super) length: unsafe extern "C" fn(*mut RawResult) -> usize,
    pub(super) error: unsafe extern "C" fn(*mut RawResult) -> *const c_char,
    pub(super) rows: unsafe extern "C" fn(*mut RawResult) -> u64,
    pub(super) storage_rows: unsafe extern "C" fn(*mut RawResult) -> u64,
    pub(super) storage_bytes: unsafe extern "C" fn(*mut RawResult) -> u64,
    pub(super) rows_written: unsafe extern "C" fn(*mut RawResult) -> u64,
    pub(super) bytes_written: unsafe extern "C" fn(*mut RawResult) -> u64,
    pub(super) start_insert: StartInsert,
    pub(super) append: unsafe extern "C" fn(*mut RawInsert, *const c_void, usize) -> c_int,
    pub(super) done: unsafe extern "C" fn(*mut RawInsert) -> *mut RawResult,
    pub(super) cancel_insert: unsafe extern "C" fn(*mut RawInsert),
    pub(super) insert_error: unsafe extern "C" fn(*mut RawInsert) -> *const c_char,
    pub(super) destroy_insert: unsafe extern "C" fn(*mut RawInsert),
    pub(super) classify:
        unsafe extern "C" fn(*mut RawConnection, *const c_char, usize, *const c_char, usize, *mut RawAnalysis) -> c_int,
    pub(super) version: unsafe extern "C" fn() -> *const c_char,
    pub(super) set_signal_handlers: unsafe extern "C" fn(c_int),
    pub(super) shutdown: unsafe extern "C" fn() -> c_int,
}

impl Api {
    /// Looks every function up; fails on the first that is missing.
    pub(super) fn resolve(library: &Library) -> Result<Self, libloading::Error> {
        /// Copies one function pointer out of the library under its C name.
        macro_rules! symbol {
            ($name:literal) => {
                // SAFETY: the signature is that of chdb.h of the pinned version, which `library::locate`
                // has verified by hash; the library is never unloaded, so the pointer stays valid.
                *unsafe { library.get(concat!($name, "\0").as_bytes()) }?
            };
        }
        Ok(Self {
            connect: symbol!("chdb_connect"),
            close: symbol!("chdb_close_conn"),
            query: symbol!("chdb_query_with_params_n"),
            stream_query: symbol!("chdb_stream_query_with_params_n"),
            fetch: symbol!("chdb_stream_fetch_result"),
            cancel_query: symbol!("chdb_stream_cancel_query"),
            destroy_result: symbol!("chdb_destroy_query_result"),
            buffer: symbol!("chdb_result_buffer"),
            length: symbol!("chdb_result_length"),
            error: symbol!("chdb_result_error"),
            rows: symbol!("chdb_result_rows_read"),
            storage_rows: symbol!("chdb_result_storage_rows_read"),
            storage_bytes: symbol!("chdb_result_storage_bytes_read"),
            rows_written: symbol!("chdb_result_rows_written"),
            bytes_written: symbol!("chdb_result_bytes_written"),
            start_insert: symbol!("chdb_stream_insert_with_params_n"),
            append: symbol!("chdb_stream_append"),
            done: symbol!("chdb_stream_done"),
            cancel_insert: symbol!("chdb_stream_cancel_insert"),
            insert_error: symbol!("chdb_stream_insert_error"),
            destroy_insert: symbol!("chdb_destroy_insert_stream"),
            classify: symbol!("chdb_classify_query_n"),
            version: symbol!("chdb_version"),
            set_signal_handlers: symbol!("chdb_set_signal_handlers_enabled"),
            shutdown: symbol!("chdb_shutdown"),
        })
    }
}
