//! Where blocks come from. Everything in here does I/O and knows no table.

mod error;
mod raw;

pub use error::FetchError;
pub use raw::RawBlock;
