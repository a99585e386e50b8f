//! Limits: above everything that the chain can produce, far below what would hurt.

/// Body of one getTransaction result. The largest honest one has 64 instructions of 10 KiB and 10 kB of logs.
pub(super) const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// A window lists each followed address once.
pub(super) const MAX_WINDOW_BYTES: usize = 2 * 1024 * 1024;
/// Transactions of one slot that name a followed address. A block has a few thousand.
pub(super) const MAX_TRANSACTIONS: usize = 65_536;
/// Account indexes have 8 bits.
pub(super) const MAX_KEYS: usize = 256;
/// Instructions, inner ones included: a transaction runs 64.
pub(super) const MAX_INSTRUCTIONS: usize = 1_024;
/// Accounts of one instruction: as many as fit 4,096 bytes.
pub(super) const MAX_ACCOUNTS: usize = 4_096;
/// Base58 text of instruction data: 10 KiB, the most that one program hands another, take 13,985 characters.
pub(super) const MAX_DATA_CHARS: usize = 14_100;
/// Text of the `err` of a transaction.
pub(super) const MAX_ERROR_BYTES: usize = 4_096;
/// A transaction of version 1; older ones have 1,232.
pub(super) const MAX_WIRE_BYTES: usize = 4_096;
/// Signatures of a transaction: more than any header can ask for within its size.
pub(super) const MAX_SIGNATURES: usize = 64;
/// First second of 2200: within DateTime64.
pub(super) const MAX_TIME_S: i64 = 7_258_118_400;
