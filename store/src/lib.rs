//! ClickHouse, the embedded engine, the state database, migrations, the commit protocol, the archive.

pub mod batch;
pub mod row_binary;
