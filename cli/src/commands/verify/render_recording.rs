//! `gridproof verify --recording DIR` of a recording of Render: the tables against the node's own answers.

use super::state::in_temporary_folder;
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
use gridproof_indexer::audit::render::{
    AuditReport, Comparison, LabelTable, RenderDifference, RenderTruth, check, compare, compare_views, read_ledger,
    read_transactions,
};
use gridproof_indexer::audit::{AuditError, TruthError};
use gridproof_indexer::pipeline::{Goal, IntegrityReport};
use serde::Serialize;
use std::path::Path;

/// What was found, for `--json`.
#[derive(Debug, Serialize)]
struct Report {
    /// Network that was compared.
    network: String,
    /// Whether nothing differs and no audit found an error.
    ok: bool,
    /// Files of truth that the folder does not have.
    not_compared: Vec<&'static str>,
    /// The comparison with the node's answers.
    comparison: Comparison,
    /// What readers see through the views, where that differs.
    views: Vec<RenderDifference>,
    /// The always-on audits over the same rows.
    audit: AuditReport,
    /// The proof that rows, digests and archive belong together.
    integrity: IntegrityReport,
}

/// Indexes the recording through the whole real path, then compares with everything that its folder tells.
///
/// Without `own_folder` the rows go to a folder that goes away; otherwise `config` must name an empty data folder, or one
/// that holds this recording.
pub(super) async fn run(config: &Config, recording: &Path, own_folder: bool, json: bool) -> Outcome {
    // A wrong folder should be said before any work.
    let path = recording.to_owned();
    let truth = tokio::task::spawn_blocking(move || RenderTruth::read(&path))
        .await
        .context("reading the truth")?
        .map_err(truth_failure)?;
    if own_folder {
        return in_folder(config, recording, &truth, json).await;
    }
    let (config, folder) = in_temporary_folder(config)?;
    let outcome = in_folder(&config, recording, &truth, json).await;
    drop(folder);
    outcome
}

async fn in_folder(config: &Config, recording: &Path, truth: &RenderTruth, json: bool) -> Outcome {
    let stop = shutdown::on_signal().map_err(|error| Failure::Internal(error.into()))?;
    let lock = house::lock(config)?;
    let house = House::open(config).await?;
    house.migrate().await?;
    let writer = house.writer(lock).await?;
    let prepared = networks::recording(recording, ReplayManners::default(), Vec::new(), "").await?;
    let (network, last) = (prepared.chain.network.clone(), prepared.last.unwrap_or(0));
    let settings = prepared.settings(config, Goal::Height(last));
    let mut session = Session::start(config, &house, &writer, vec![(prepared, settings)], json, &stop)?;
    let statuses = session.finish().await;
    let report = match &statuses {
        Ok(_) => Some(report(config, &house, &network, truth).await),
        Err(_) => None,
    };
    index::end(house, writer, session).await;
    let statuses = statuses?;
    if stop.is_cancelled() {
        return Err(Failure::Internal(anyhow::anyhow!(
            "interrupted before everything was compared"
        )));
    }
    // What could not be indexed explains every difference, so it is said first.
    let incomplete = session::incomplete(&statuses);
    let told = match report {
        Some(Ok(report)) => tell(&report, json),
        Some(Err(failure)) => Err(failure),
        None => Ok(()),
    };
    incomplete?;
    told
}

/// Everything that can be said of the rows of a network.
async fn report(config: &Config, house: &House, network: &str, truth: &RenderTruth) -> Result<Report, Failure> {
    let client = house.clickhouse.raw();
    // Slots of a recording begin at 1 or later, and its mint is made within it.
    let ledger = read_ledger(client, network, Some(u64::MAX))
        .await
        .map_err(audit_failure)?
        .ok_or_else(|| {
            Failure::data(format!(
                "nothing of {network} was committed, so nothing can be compared"
            ))
        })?;
    let stored = read_transactions(client, network).await.map_err(audit_failure)?;
    let comparison = compare(&ledger, &stored, truth, &LabelTable::built_in());
    let views = compare_views(client, network, truth, ledger.to)
        .await
        .map_err(audit_failure)?;
    let audit = check(&ledger);
    let integrity = super::integrity::check_one(config, house, network).await?;
    let ok =
        comparison.differences.is_empty() && views.is_empty() && audit.errors() == 0 && integrity.findings.is_empty();
    Ok(Report {
        network: network.to_owned(),
        ok,
        not_compared: truth.absent(),
        comparison,
        views,
        audit,
        integrity,
    })
}

/// A folder that is none is the caller's; one that is damaged is bad data.
fn truth_failure(error: TruthError) -> Failure {
    match error {
        TruthError::Empty { .. } | TruthError::Twice { .. } => Failure::Usage(error.into()),
        TruthError::Io { ref source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            Failure::Usage(error.into())
        }
        error => Failure::Data(error.into()),
    }
}

/// Tables that do not answer are neither the caller's nor the data's.
pub(super) fn audit_failure(error: AuditError) -> Failure {
    match error {
        AuditError::Truth(error) => truth_failure(error),
        error => Failure::Upstream(anyhow::Error::new(error).context("cannot read the tables")),
    }
}

/// Prints what was found; any difference is a failure of the data.
fn tell(report: &Report, json: bool) -> Outcome {
    match json {
        true => output::json(report)?,
        false => lines(report).iter().try_for_each(|line| output::text_line(line))?,
    }
    if report.ok {
        return Ok(());
    }
    let Report {
        network,
        comparison,
        views,
        audit,
        integrity,
        ..
    } = report;
    Err(Failure::data(format!(
        "{} differences between {network} and the node's own answers, {} in what readers see, {} audit findings, {} \
         integrity findings",
        comparison.differences.len(),
        views.len(),
        audit.errors(),
        integrity.findings.len()
    )))
}

fn lines(report: &Report) -> Vec<String> {
    let Comparison {
        epochs,
        balances,
        transactions,
        answers,
        unknown_labels,
        differences,
    } = &report.comparison;
    let verdict = |count: usize| {
        if count == 0 {
            "equal".to_owned()
        } else {
            format!("{count} DIFFERENT")
        }
    };
    let mut lines = vec![format!(
        "{}: supply and {balances} balances at the end of {epochs} epochs, {transactions} classes, {answers} recorded answers: {}",
        report.network,
        verdict(differences.len())
    )];
    lines.extend(differences.iter().map(|difference| format!("  {difference}")));
    lines.push(format!("views: {}", verdict(report.views.len())));
    lines.extend(report.views.iter().map(|difference| format!("  {difference}")));
    let unknown = unknown_labels.iter();
    lines.extend(unknown.map(|(label, count)| {
        format!(
            "label `{}` is not in the table of labels: {count} transactions were not compared by class",
            label.escape_debug()
        )
    }));
    lines.extend(
        report
            .not_compared
            .iter()
            .map(|what| format!("not compared, for it is not there: {what}")),
    );
    lines.extend(audit_lines(&report.audit));
    let integrity = &report.integrity;
    lines.push(format!(
        "integrity: {} ranges with {} rows, {} findings",
        integrity.ranges,
        integrity.rows,
        integrity.findings.len()
    ));
    let findings = integrity.findings.iter();
    lines.extend(findings.map(|finding| format!("  {} {}: {}", finding.check, finding.place, finding.what)));
    lines
}

/// The always-on audits as lines.
pub(super) fn audit_lines(audit: &AuditReport) -> Vec<String> {
    let drift = match audit.supply_drift {
        Some(drift) => format!("supply drift {drift}"),
        None => "supply is observed, not summed".to_owned(),
    };
    let mut lines = vec![format!(
        "audits: slots {} to {}, {drift}, {} transactions, {} account chains, {} observations: {} findings, {} unexplained deltas",
        audit.from,
        audit.to,
        audit.transactions,
        audit.accounts,
        audit.observations,
        audit.errors(),
        audit.unexplained()
    )];
    lines.extend(audit.findings.iter().map(|finding| format!("  {finding}")));
    lines
}
