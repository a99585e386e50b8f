//! The runner for ClickHouse.

use super::MigrateError;
use super::files::{MigrationFile, clickhouse_files};
use super::lock::MigrationLock;
use super::plan::{Applied, Report};
use crate::client::{ClickHouse, quote_string};
use clickhouse::Row;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UpReport {
    /// Migrations that this run applied, as `NNNN_name`.
    pub applied: Vec<String>,
    /// How all of them stand now.
    pub report: Report,
}

/// A migration that `up` would apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedMigration {
    /// The file.
    #[serde(flatten)]
    pub file: MigrationFile,
    /// Its statements, in order.
    pub statements: Vec<String>,
}

/// How all embedded migrations stand. Changes nothing.
pub async fn status(client: &ClickHouse) -> Result<Report, MigrateError> {
    report(client, &clickhouse_files()?).await
}

/// What `up` would do; fails where `up` would refuse. Changes nothing.
pub async fn plan(client: &ClickHouse) -> Result<Vec<PlannedMigration>, MigrateError> {
    let files = clickhouse_files()?;
    let report = report(client, &files).await?;
    report.check()?;
    let pending = report.pending();
    let planned = files.into_iter().filter(|file| pending.contains(&file.version));
    Ok(planned
        .map(|file| PlannedMigration {
            statements: file.statements(),
            file,
        })
        .collect())
}

/// Fails unless every applied migration is unchanged and what it created is there. Changes nothing.
pub async fn verify(client: &ClickHouse) -> Result<Report, MigrateError> {
    let report = status(client).await?;
    report.check()?;
    Ok(report)
}

/// Creates the database and applies what is pending. Safe to call from several processes at once.
pub async fn up(client: &ClickHouse) -> Result<UpReport, MigrateError> {
    up_with(client, &clickhouse_files()?).await
}

/// As [`up`] with other files, in the order of their numbers.
pub async fn up_with(client: &ClickHouse, files: &[MigrationFile]) -> Result<UpReport, MigrateError> {
    client.create_database().await?;
    let lock = MigrationLock::acquire(client).await?;
    let result = up_locked(client, files).await;
    let released = lock.release().await;
    let report = result?;
    released?;
    Ok(report)
}

async fn up_locked(client: &ClickHouse, files: &[MigrationFile]) -> Result<UpReport, MigrateError> {
    client.execute(include_str!("sql/migrations_table.sql")).await?;
    let before = report(client, files).await?;
    before.check()?;
    let pending = before.pending();
    let mut applied = Vec::new();
    for file in files.iter().filter(|file| pending.contains(&file.version)) {
        apply(client, file).await?;
        tracing::info!(migration = file.label(), "migration applied");
        applied.push(file.label());
    }
    Ok(UpReport {
        applied,
        report: report(client, files).await?,
    })
}

/// Runs the statements of a file, then records it.
async fn apply(client: &ClickHouse, file: &MigrationFile) -> Result<(), MigrateError> {
    for (index, statement) in file.statements().iter().enumerate() {
        client
            .execute(statement)
            .await
            .map_err(|source| MigrateError::Statement {
                version: file.version,
                name: file.name.clone(),
                statement: index + 1,
                source,
            })?;
    }
    let record = format!(
        "INSERT INTO _migrations (version, name, sha256, applied_at) VALUES ({}, {}, {}, now64(3, 'UTC'))",
        file.version,
        quote_string(&file.name),
        quote_string(&file.sha256),
    );
    Ok(client.execute(&record).await?)
}

/// How `files` stand.
pub async fn report(client: &ClickHouse, files: &[MigrationFile]) -> Result<Report, MigrateError> {
    let objects = objects(client).await?;
    let applied = if objects.contains("_migrations") {
        applied(client).await?
    } else {
        Vec::new()
    };
    Ok(Report::new(files, &applied, |name| objects.contains(name)))
}

#[derive(Row, Deserialize)]
struct AppliedRow {
    version: u32,
    name: String,
    sha256: String,
    applied_ms: i64,
}

async fn applied(client: &ClickHouse) -> Result<Vec<Applied>, MigrateError> {
    let rows = client.fetch_all::<AppliedRow>(include_str!("sql/applied.sql")).await?;
    let applied = rows.into_iter().map(
        |AppliedRow {
             version,
             name,
             sha256,
             applied_ms,
         }| Applied {
            version,
            name,
            sha256,
            applied_ms,
        },
    );
    Ok(applied.collect())
}

/// Tables and views of the database; none if there is no such database.
async fn objects(client: &ClickHouse) -> Result<BTreeSet<String>, MigrateError> {
    match client.fetch_all::<String>(include_str!("sql/objects.sql")).await {
        Ok(names) => Ok(names.into_iter().collect()),
        Err(error) if error.code() == Some(UNKNOWN_DATABASE) => Ok(BTreeSet::new()),
        Err(error) => Err(error.into()),
    }
}

const UNKNOWN_DATABASE: u32 = 81;
