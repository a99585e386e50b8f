//! `gridproof migrate`.

use crate::args::{Migrate, MigrateAction};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::house::House;
use crate::output;
use gridproof_store::migrate::{MigrateError, Report, clickhouse};

/// Shows or applies the migrations of ClickHouse. The state database migrates itself whenever it is opened.
pub(crate) async fn run(config: &Config, args: Migrate, json: bool) -> Outcome {
    let house = House::open_for_reading(config).await?;
    let outcome = act(&house, args.action, json).await;
    house.close().await;
    outcome
}

async fn act(house: &House, action: MigrateAction, json: bool) -> Outcome {
    house
        .clickhouse
        .create_database()
        .await
        .map_err(|error| Failure::Upstream(error.into()))?;
    let client = &house.clickhouse;
    match action {
        MigrateAction::Status => show(&clickhouse::status(client).await.map_err(failure)?, json),
        MigrateAction::Up => {
            let done = clickhouse::up(client).await.map_err(failure)?;
            show(&done.report, json)
        }
        MigrateAction::Verify => show(&clickhouse::verify(client).await.map_err(failure)?, json),
        MigrateAction::Plan => {
            let planned = clickhouse::plan(client).await.map_err(failure)?;
            if json {
                return output::json(&planned);
            }
            for migration in &planned {
                output::text_line(&format!("-- {}", migration.file.label()))?;
                migration
                    .statements
                    .iter()
                    .try_for_each(|statement| output::text_line(&format!("{statement};\n")))?;
            }
            Ok(())
        }
    }
}

/// An edited or missing file is a failed check; a silent database is somebody else's.
fn failure(error: MigrateError) -> Failure {
    match error {
        MigrateError::Drift(_) => Failure::Data(error.into()),
        MigrateError::Files(_) => Failure::Internal(error.into()),
        _ => Failure::Upstream(error.into()),
    }
}

fn show(report: &Report, json: bool) -> Outcome {
    if json {
        return output::json(report);
    }
    let rows: Vec<_> = report
        .entries
        .iter()
        .map(|entry| {
            vec![
                format!("{:04}_{}", entry.version, entry.name),
                format!("{:?}", entry.status).to_lowercase(),
            ]
        })
        .collect();
    output::text_line(&output::columns(&rows))
}
