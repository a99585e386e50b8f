//! `gridproof verify`: the proof that a data folder is whole.

use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::house::House;
use crate::output;
use crate::stored::{self, StoredRules};
use gridproof_indexer::audit::render::{self, AuditReport};
use gridproof_indexer::chain::Family;
use gridproof_indexer::chain::akash::state::ChainRules;
use gridproof_indexer::pipeline::{IntegrityReport, PipelineError, Vault, check_integrity, is_recording};
use gridproof_store::archive::Archive;
use gridproof_store::state_db::{NetworkStatus, StateDb};
use serde::Serialize;

/// What is proven of a network.
#[derive(Debug, Serialize)]
struct Proven {
    /// Rows, digests and archive belong together.
    #[serde(flatten)]
    integrity: IntegrityReport,
    /// Movements add up, where the network is one of movements of a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<AuditReport>,
}

impl Proven {
    fn findings(&self) -> usize {
        self.integrity.findings.len() + self.audit.as_ref().map_or(0, AuditReport::errors)
    }
}

/// Checks every network of the data folder, or the one named.
pub(super) async fn run(config: &Config, network: Option<&str>, json: bool) -> Outcome {
    let house = House::open_for_reading(config).await?;
    let reports = check(config, &house, network).await;
    house.close().await;
    let reports = reports?;
    if json {
        output::json(&reports)?;
    } else {
        reports.iter().try_for_each(|report| output::text_line(&text(report)))?;
    }
    match reports.iter().map(Proven::findings).sum::<usize>() {
        0 => Ok(()),
        count => Err(Failure::data(format!("{count} findings in {}", house_name(config)))),
    }
}

async fn check(config: &Config, house: &House, network: Option<&str>) -> Result<Vec<Proven>, Failure> {
    let (state_db, archive) = open(house).await?;
    let proven = check_all(config, house, &state_db, &archive, network).await;
    state_db.close().await;
    let proven = proven?;
    match (proven.is_empty(), network) {
        (true, Some(name)) => Err(Failure::usage(format!("network {name} is not in this data folder"))),
        _ => Ok(proven),
    }
}

/// The integrity of one network of a folder that this process has indexed.
pub(super) async fn check_one(config: &Config, house: &House, network: &str) -> Result<IntegrityReport, Failure> {
    let mut proven = check(config, house, Some(network)).await?;
    Ok(proven.swap_remove(0).integrity)
}

async fn open(house: &House) -> Result<(StateDb, Archive), Failure> {
    let path = house.data.state_db();
    if !path.is_file() {
        return Err(Failure::usage(
            "nothing was indexed in this data folder yet; start with `gridproof up`",
        ));
    }
    let internal = |error: anyhow::Error| Failure::Internal(error);
    let archive = Archive::open_folder(&house.data.archive()).map_err(|error| internal(error.into()))?;
    let state_db = StateDb::open_file(&path).await;
    Ok((state_db.map_err(|error| internal(error.into()))?, archive))
}

async fn check_all(
    config: &Config,
    house: &House,
    state_db: &StateDb,
    archive: &Archive,
    network: Option<&str>,
) -> Result<Vec<Proven>, Failure> {
    let status = state_db
        .status()
        .await
        .map_err(|error| Failure::Internal(error.into()))?;
    let wanted = |name: &str| network.is_none_or(|network| network == name);
    let mut proven = Vec::new();
    for stored in status.networks.iter().filter(|stored| wanted(&stored.network.name)) {
        proven.push(Proven {
            integrity: integrity(config, house, state_db, archive, stored).await?,
            audit: audit(house, stored).await?,
        });
    }
    Ok(proven)
}

async fn integrity(
    config: &Config,
    house: &House,
    state_db: &StateDb,
    archive: &Archive,
    stored: &NetworkStatus,
) -> Result<IntegrityReport, Failure> {
    let vault = Vault::read_only(archive.clone(), state_db.clone(), &stored.network.name);
    let rules = match stored::rules(config, &vault, &stored.network).await {
        // Akash's facts are derived alike under all versions, so a network whose upgrades are not known is checked, too.
        Err(Failure::Usage(_)) if stored.network.kind == ChainRules::KIND => StoredRules::Akash(ChainRules {
            chain_id: stored.network.chain_id.clone(),
            ..ChainRules::mainnet()
        }),
        known => known?,
    };
    let report = match rules {
        StoredRules::Akash(rules) => check_integrity(&rules, state_db, &vault, &house.clickhouse, stored).await,
        StoredRules::Render(rules) => check_integrity(&rules, state_db, &vault, &house.clickhouse, stored).await,
    };
    report.map_err(failure)
}

/// The audits of a network of movements; `None` for any other, and where nothing is committed yet.
async fn audit(house: &House, stored: &NetworkStatus) -> Result<Option<AuditReport>, Failure> {
    let network = &stored.network;
    if network.kind != render::KIND {
        return Ok(None);
    }
    let origin = is_recording(&network.name).then_some(network.first_height);
    let ledger = render::read_ledger(house.clickhouse.raw(), &network.name, origin).await;
    let ledger = ledger.map_err(super::render_recording::audit_failure)?;
    Ok(ledger.map(|ledger| render::check(&ledger)))
}

fn failure(error: PipelineError) -> Failure {
    if error.is_upstream() {
        Failure::Upstream(error.into())
    } else {
        Failure::Internal(error.into())
    }
}

fn text(proven: &Proven) -> String {
    let report = &proven.integrity;
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
    let audit = proven.audit.iter().flat_map(super::render_recording::audit_lines);
    lines.extend(audit.map(|line| format!("  {line}")));
    lines.join("\n")
}

fn house_name(config: &Config) -> String {
    config.data_dir.display().to_string()
}
