//! ClickHouse, the embedded engine, the state database, migrations, the commit protocol, the archive.

pub mod batch;
pub mod engine;
pub mod row_binary;
