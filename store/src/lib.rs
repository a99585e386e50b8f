//! ClickHouse, the embedded engine, the state database, migrations, the commit protocol, the archive.

pub mod archive;
pub mod batch;
pub mod client;
pub mod commit;
pub mod crash;
pub mod engine;
pub mod integrity;
pub mod lock;
pub mod metrics;
pub mod migrate;
pub mod reference;
pub mod row_binary;
pub mod state_db;
