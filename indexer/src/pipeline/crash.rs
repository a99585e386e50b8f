//! Named points at which a test may ask the process to die, as a power cut would.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Environment variable that names the point, optionally with `:N` for its N-th passage (from 1).
pub const CRASH_ENV: &str = "GRIDPROOF_TEST_CRASH_AT";

/// Points between the steps of the commit protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashPoint {
    /// The raw range is in the archive, nothing is derived.
    AfterArchive,
    /// The range is claimed, no row is inserted.
    AfterClaim,
    /// The first table's rows are acknowledged, the others are not sent.
    AfterFirstInsert,
    /// All rows are acknowledged, the range is not committed.
    BeforeCommit,
    /// The range is committed, its mirror in ClickHouse is not written.
    AfterCommit,
    /// The mirror is written.
    AfterMirror,
    /// A checkpoint's bytes are in the archive, the state database does not name it.
    BeforeCheckpoint,
}

impl CrashPoint {
    /// All points, for the test that dies at each.
    pub const ALL: [Self; 7] = [
        Self::AfterArchive,
        Self::AfterClaim,
        Self::AfterFirstInsert,
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::AfterMirror,
        Self::BeforeCheckpoint,
    ];

    /// Name in [`CRASH_ENV`].
    pub const fn name(self) -> &'static str {
        match self {
            Self::AfterArchive => "after-archive",
            Self::AfterClaim => "after-claim",
            Self::AfterFirstInsert => "after-first-insert",
            Self::BeforeCommit => "before-commit",
            Self::AfterCommit => "after-commit",
            Self::AfterMirror => "after-mirror",
            Self::BeforeCheckpoint => "before-checkpoint",
        }
    }
}

/// Dies here, without unwinding and without any clean-up, if [`CRASH_ENV`] says so.
pub fn crash_point(point: CrashPoint) {
    static PLANNED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSAGES: AtomicU64 = AtomicU64::new(0);
    let planned = PLANNED.get_or_init(|| std::env::var(CRASH_ENV).ok().map(|text| parse(&text)));
    let Some((name, nth)) = planned else { return };
    if name == point.name() && PASSAGES.fetch_add(1, Ordering::SeqCst) + 1 == *nth {
        std::process::abort();
    }
}

/// `name` or `name:N`.
fn parse(text: &str) -> (String, u64) {
    match text.split_once(':') {
        Some((name, nth)) => (name.to_owned(), nth.parse().unwrap_or(1)),
        None => (text.to_owned(), 1),
    }
}
