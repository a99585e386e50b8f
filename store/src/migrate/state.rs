//! Migrations of the state database, by sqlx.

use super::files::{FileError, MigrationFile, state_files};
use sqlx::AnyPool;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

/// Brings the state database up to date. Safe to call from several processes at once.
pub async fn up(pool: &AnyPool) -> Result<(), MigrateError> {
    migrator()
        .map_err(|error| MigrateError::Source(Box::new(error)))?
        .run(pool)
        .await
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
