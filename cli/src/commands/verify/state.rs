//! `gridproof verify --recording DIR --state DIR`: the tables against the chain's own answers.

use crate::args::ReplayManners;
use crate::commands::index;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::house::{self, House};
use crate::networks;
use crate::output;
use crate::session::{self, Session};
use crate::shutdown;
use anyhow::Context;
use gridproof_indexer::audit::{
    AuditError, Difference, HeightReport, SettlementReport, TruthError, compare_state_dir, first_block, height_folders,
    settlement_report,
};
use gridproof_indexer::pipeline::Goal;
use serde::Serialize;
use std::path::Path;

/// What was found, for `--json`.
#[derive(Debug, Serialize)]
struct Report {
    /// Network that was compared.
    network: String,
    /// Whether nothing differs.
    ok: bool,
    /// Each height.
    heights: Vec<Height>,
    /// Computed payouts and refunds against the transfers of each block. What it finds is told, and is no
    /// difference from the chain's answers: `ok` does not speak of it.
    settlement: SettlementReport,
}

/// What was found at one height.
#[derive(Debug, Serialize)]
struct Height {
    /// The height.
    height: u64,
    /// Objects that the chain answered, by table.
    compared: Vec<(String, usize)>,
    /// Every difference.
    differences: Vec<Line>,
}

/// One difference.
#[derive(Debug, Serialize)]
struct Line {
    /// Table.
    table: &'static str,
    /// Key of the object.
    key: String,
    /// Field, or that one side lacks the object.
    field: String,
    /// What the chain answered.
    expected: String,
    /// What is stored.
    got: String,
}

impl From<&Difference> for Line {
    fn from(difference: &Difference) -> Self {
        let Difference {
            table,
            key,
            field,
            expected,
            got,
        } = difference.clone();
        Self {
            table,
            key,
            field,
            expected,
            got,
        }
    }
}

/// Indexes the recording through the whole real path, then compares every height of `state`.
///
/// `config` must name an empty data folder, or one that holds this recording.
pub(super) async fn run(config: &Config, recording: &Path, state: &Path, json: bool) -> Outcome {
    // A wrong folder should be said before half a minute of work.
    height_folders(state).map_err(Failure::usage)?;
    let stop = shutdown::on_signal().map_err(|error| Failure::Internal(error.into()))?;
    let lock = house::lock(config)?;
    let house = House::open(config).await?;
    house.migrate().await?;
    let writer = house.writer(lock).await?;
    let prepared = networks::recording(recording, ReplayManners::default(), Vec::new(), "").await?;
    same_chain(&house, &prepared.chain.network, recording).await?;
    let (network, last) = (prepared.chain.network.clone(), prepared.last.unwrap_or(0));
    let settings = prepared.settings(config, Goal::Height(last));
    let mut session = Session::start(config, &house, &writer, vec![(prepared, settings)], json, &stop)?;
    let statuses = session.finish().await;
    let found = match &statuses {
        Ok(_) => found(&house, &network, state).await.map_err(audit_failure),
        Err(_) => Ok((Vec::new(), SettlementReport::default())),
    };
    index::end(house, writer, session).await;
    let statuses = statuses?;
    if stop.is_cancelled() {
        return Err(Failure::Internal(anyhow::anyhow!(
            "interrupted before everything was compared"
        )));
    }
    let (reports, settlement) = found?;
    let told = tell(&network, &reports, settlement, json);
    session::incomplete(&statuses)?;
    told
}

/// Refuses a data folder that holds another chain under the recording's name: its rows would be compared.
async fn same_chain(house: &House, network: &str, recording: &Path) -> Outcome {
    let stored = first_block(house.clickhouse.raw(), network)
        .await
        .map_err(audit_failure)?;
    let Some((height, hash)) = stored else { return Ok(()) };
    let (_, store) = networks::open_recording(recording)?;
    let meta = store
        .meta(height)
        .await
        .context("cannot read a header of the recording")?;
    let meta: serde_json::Value = match meta {
        Some(meta) => serde_json::from_slice(&meta).context("cannot read a header of the recording")?,
        None => serde_json::Value::Null,
    };
    let recorded = meta
        .pointer("/block_id/hash")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    if recorded.eq_ignore_ascii_case(&hash) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the data folder holds another chain as {network}: its block {height} is {hash}, the recording's {recorded:?}; \
         leave --data-dir out, or name an empty folder"
    )))
}

/// The comparison with the chain's answers, and what the always-on audit says of the same blocks.
async fn found(
    house: &House,
    network: &str,
    state: &Path,
) -> Result<(Vec<HeightReport>, SettlementReport), AuditError> {
    let reports = compare_state_dir(house.clickhouse.raw(), network, state).await?;
    Ok((reports, settlement_report(house.clickhouse.raw(), network).await?))
}

/// A wrong folder is the user's, a damaged answer in it is bad data, a silent database is neither.
fn audit_failure(error: AuditError) -> Failure {
    match error {
        AuditError::Truth(
            error @ (TruthError::Json { .. } | TruthError::Shape { .. } | TruthError::TooLong { .. }),
        ) => Failure::Data(error.into()),
        AuditError::Truth(error) => Failure::Usage(error.into()),
        other => Failure::Upstream(anyhow::Error::new(other).context("cannot read the tables")),
    }
}

/// Prints what was found; a difference is a failure of the data.
fn tell(network: &str, reports: &[HeightReport], settlement: SettlementReport, json: bool) -> Outcome {
    let differences: usize = reports.iter().map(|report| report.differences.len()).sum();
    if json {
        let heights = reports.iter().map(height).collect();
        output::json(&Report {
            network: network.to_owned(),
            ok: differences == 0,
            heights,
            settlement,
        })?;
    } else {
        for report in reports {
            let (height, objects, tables) = (report.height, report.objects(), report.compared.len());
            let verdict = if report.differences.is_empty() {
                "equal"
            } else {
                "DIFFERENT"
            };
            output::text_line(&format!(
                "height {height}: {objects} objects in {tables} tables {verdict}"
            ))?;
            for difference in &report.differences {
                output::text_line(&format!("  {difference}"))?;
            }
        }
        let SettlementReport { blocks, findings } = settlement;
        let differ = findings.len();
        output::text_line(&format!(
            "settlement audit: {blocks} blocks with payouts or refunds, {differ} findings"
        ))?;
        findings
            .iter()
            .try_for_each(|finding| output::text_line(&format!("  {finding}")))?;
    }
    if differences == 0 {
        return Ok(());
    }
    Err(Failure::data(format!(
        "{differences} differences between {network} and the chain's own answers"
    )))
}

fn height(report: &HeightReport) -> Height {
    Height {
        height: report.height,
        compared: report
            .compared
            .iter()
            .map(|(section, count)| (section.name().to_owned(), *count))
            .collect(),
        differences: report.differences.iter().map(Line::from).collect(),
    }
}

/// A configuration for a data folder that goes away, with ports that nobody else has.
pub(super) fn in_temporary_folder(config: &Config) -> Result<(Config, tempfile::TempDir), Failure> {
    let folder = tempfile::Builder::new()
        .prefix("gridproof-verify-")
        .tempdir()
        .context("cannot make a temporary folder")?;
    let mut config = config.clone();
    config.data_dir = folder.path().to_owned();
    config.engine.listen.set_port(0);
    config.engine.url = None;
    Ok((config, folder))
}
