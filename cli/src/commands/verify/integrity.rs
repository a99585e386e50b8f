//! `gridproof verify`: the proof that a data folder is whole.

use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::house::House;
use crate::output;
use gridproof_indexer::chain::akash::state::ChainRules;
use gridproof_indexer::pipeline::{IntegrityReport, PipelineError, Vault, check_integrity};
use gridproof_store::archive::Archive;
use gridproof_store::state_db::StateDb;

/// Checks every network of the data folder, or the one named.
pub(super) async fn run(config: &Config, network: Option<&str>, json: bool) -> Outcome {
    let house = House::open_for_reading(config).await?;
    let reports = check(&house, network).await;
    house.close().await;
    let reports = reports?;
    if json {
        output::json(&reports)?;
    } else {
        reports.iter().try_for_each(|report| output::text_line(&text(report)))?;
    }
    match reports.iter().map(|report| report.findings.len()).sum::<usize>() {
        0 => Ok(()),
        count => Err(Failure::data(format!("{count} findings in {}", house_name(config)))),
    }
}

async fn check(house: &House, network: Option<&str>) -> Result<Vec<IntegrityReport>, Failure> {
    let internal = |error: anyhow::Error| Failure::Internal(error);
    let path = house.data.state_db();
    if !path.is_file() {
        return Err(Failure::usage(
            "nothing was indexed in this data folder yet; start with `gridproof up`",
        ));
    }
    let state_db = StateDb::open_file(&path)
        .await
        .map_err(|error| internal(error.into()))?;
    let archive = Archive::open_folder(&house.data.archive()).map_err(|error| internal(error.into()))?;
    let status = state_db.status().await.map_err(|error| internal(error.into()))?;
    let wanted = |name: &str| network.is_none_or(|network| network == name);
    let mut reports = Vec::new();
    for stored in status.networks.iter().filter(|stored| wanted(&stored.network.name)) {
        let vault = Vault::read_only(archive.clone(), state_db.clone(), &stored.network.name);
        // Facts are derived alike under all versions, so a network whose upgrades are not known is checked, too.
        let report = check_integrity(&ChainRules::mainnet(), &state_db, &vault, &house.clickhouse, stored).await;
        reports.push(report.map_err(failure)?);
    }
    state_db.close().await;
    match (reports.is_empty(), network) {
        (true, Some(name)) => Err(Failure::usage(format!("network {name} is not in this data folder"))),
        _ => Ok(reports),
    }
}

fn failure(error: PipelineError) -> Failure {
    if error.is_upstream() {
        Failure::Upstream(error.into())
    } else {
        Failure::Internal(error.into())
    }
}

fn text(report: &IntegrityReport) -> String {
    let IntegrityReport {
        network,
        ranges,
        rows,
        heights,
        files,
        findings,
    } = report;
    let verdict = if findings.is_empty() {
        "whole".to_owned()
    } else {
        format!("{} FINDINGS", findings.len())
    };
    let mut lines = vec![format!(
        "{network}: {ranges} ranges with {rows} rows, {heights} heights derived again, {files} archive files: {verdict}"
    )];
    lines.extend(
        findings
            .iter()
            .map(|finding| format!("  {} {}: {}", finding.check, finding.place, finding.what)),
    );
    lines.join("\n")
}

fn house_name(config: &Config) -> String {
    config.data_dir.display().to_string()
}
