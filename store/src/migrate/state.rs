//! Migrations of the state database, by sqlx.

use super::files::{FileError, MigrationFile, state_files};
use sqlx::AnyPool;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use std::time::Duration;

/// Attempts while another process migrates the same file.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Brings the state database up to date. Safe to call from several processes at once.
///
/// sqlx takes no lock on SQLite, so the slower of two first starts finds a table that was not there when it
/// looked; when it looks again the migration is recorded. An edited or unknown migration is final.
pub async fn up(pool: &AnyPool) -> Result<(), MigrateError> {
    let migrator = migrator().map_err(|error| MigrateError::Source(Box::new(error)))?;
    let mut attempt = 1;
    loop {
        match migrator.run(pool).await {
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) if attempt < ATTEMPTS => {
                attempt += 1;
                tokio::time::sleep(PAUSE).await;
            }
            result => return result,
        }
    }
}

/// The embedded migrations as sqlx takes them.
fn migrator() -> Result<Migrator, FileError> {
    Ok(Migrator::with_migrations(
        state_files()?.into_iter().map(migration).collect(),
    ))
}

fn migration(file: MigrationFile) -> Migration {
    let MigrationFile { version, name, sql, .. } = file;
    // The text is embedded in the program, no input reaches it.
    let sql = AssertSqlSafe(sql).into_sql_str();
    Migration::new(i64::from(version), name.into(), MigrationType::Simple, sql, false)
}
