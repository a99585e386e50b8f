//! `gridproof verify --against-chain`: the followed state against what a node answers now.

use crate::args::Verify;
use crate::commands::backfill::select;
use crate::config::{Config, Network, NetworkKind};
use crate::exit::{Failure, Outcome};
use crate::house::House;
use crate::progress::Pages;
use crate::{networks, output, shutdown};
use anyhow::Context;
use gridproof_indexer::audit::{AuditError, HeightReport, Section, Snapshot};
use gridproof_indexer::chain::Machine;
use gridproof_indexer::chain::akash::state::{ChainRules, State};
use gridproof_indexer::pipeline::from_store;
use gridproof_indexer::source::{RawState, StateHeight, StateProgress};
use gridproof_store::state_db::{Span, StateDb};
use serde::Serialize;

/// What was found, for `--json`.
#[derive(Debug, Serialize)]
struct Report<'r> {
    /// Network that was compared.
    network: &'r str,
    /// Who answered, without credentials.
    endpoint: &'r str,
    /// Whether nothing differs.
    ok: bool,
    /// Height, objects by table, every difference.
    #[serde(flatten)]
    compared: &'r HeightReport,
}

/// Compares one network; nothing is written.
pub(super) async fn run(config: &Config, args: &Verify, json: bool) -> Outcome {
    let stop = shutdown::on_signal().map_err(|error| Failure::Internal(error.into()))?;
    let network = select(config, args.network.as_deref())?;
    if network.kind != NetworkKind::Akash {
        return Err(Failure::usage(format!(
            "network {} has no state that a node could be asked for; `gridproof verify --network {0}` audits its movements",
            network.name
        )));
    }
    let node = networks::state_node(network)?;
    let house = House::open_for_reading(config).await?;
    let compared = async {
        let height = height(&house, network, args.at).await?;
        let pages = Pages::new(&network.name, json);
        let tell = |progress: &StateProgress| pages.tell(progress);
        let asked = node.ask(StateHeight::At(height), &tell);
        let answer = tokio::select! {
            () = stop.cancelled() => return Err(Failure::Internal(anyhow::anyhow!("interrupted before everything was compared"))),
            answer = asked => answer,
        };
        pages.end();
        let raw = answer.map_err(|error| {
            let why = anyhow::Error::from_boxed(error);
            Failure::Upstream(why.context(format!("no node gave the state of {} at height {height}", network.name)))
        })?;
        compare(&house, network, height, raw).await
    };
    let compared = compared.await;
    house.close().await;
    let (endpoint, report) = compared?;
    tell(&network.name, &endpoint, &report, json)
}

/// The height to compare: one whose state is committed.
async fn height(house: &House, network: &Network, asked: Option<u64>) -> Result<u64, Failure> {
    let path = house.data.state_db();
    let nothing = || {
        let name = &network.name;
        Failure::usage(format!(
            "no state of {name} is committed in this data folder; begin with `gridproof backfill {name} --from-state`"
        ))
    };
    if !path.is_file() {
        return Err(nothing());
    }
    let state_db = StateDb::open_file(&path)
        .await
        .map_err(|error| Failure::Internal(error.into()))?;
    let status = state_db.status().await;
    state_db.close().await;
    let status = status.map_err(|error| Failure::Internal(error.into()))?;
    let stored = status
        .networks
        .iter()
        .find(|stored| stored.network.name == network.name);
    let state = stored.map(from_store).and_then(|status| status.state);
    let known = state.and_then(|state| state.complete_from.zip(state.watermark));
    let Some(Span { from, to }) = known.and_then(|(from, to)| Span::new(from, to)) else {
        return Err(nothing());
    };
    match asked {
        None => Ok(to),
        Some(height) if (from..=to).contains(&height) => Ok(height),
        Some(height) => Err(Failure::usage(format!(
            "the state of {} is committed for heights {from} to {to}, not for {height}; choose one of these with --at",
            network.name
        ))),
    }
}

/// What the node answered against the tables.
async fn compare(
    house: &House,
    network: &Network,
    height: u64,
    raw: RawState,
) -> Result<(String, HeightReport), Failure> {
    let (endpoint, rules) = (raw.endpoint.clone(), networks::rules(network)?);
    if (raw.chain_id.as_str(), raw.height) != (network.chain_id.as_str(), height) {
        let (chain, other) = (&raw.chain_id, raw.height);
        return Err(Failure::data(format!(
            "{endpoint} answered for height {other} of chain {chain:?}, not for height {height} of {:?}",
            network.chain_id
        )));
    }
    let expected = tokio::task::spawn_blocking(move || expected(&rules, &raw)).await;
    let expected = expected.context("deriving the state that was answered")?;
    let expected = expected.map_err(|why| Failure::data(format!("what {endpoint} answered is not a state: {why}")))?;
    let got = Snapshot::from_tables(house.clickhouse.raw(), &network.name, height, Section::ALL).await;
    Ok((endpoint, HeightReport::new(height, &expected, &got.map_err(tables)?)))
}

fn expected(rules: &ChainRules, raw: &RawState) -> Result<Snapshot, String> {
    let state: State = Machine::<ChainRules>::seed(rules, raw)?;
    Ok(Snapshot::from_state(&state))
}

fn tables(error: AuditError) -> Failure {
    Failure::Upstream(anyhow::Error::new(error).context("cannot read the tables"))
}

/// Prints what was found; a difference is a failure of the data.
fn tell(network: &str, endpoint: &str, report: &HeightReport, json: bool) -> Outcome {
    let differences = report.differences.len();
    if json {
        output::json(&Report {
            network,
            endpoint,
            ok: differences == 0,
            compared: report,
        })?;
    } else {
        let (height, objects, tables) = (report.height, report.objects(), report.compared.len());
        let verdict = if differences == 0 { "equal" } else { "DIFFERENT" };
        output::text_line(&format!(
            "{network} height {height}: {objects} objects in {tables} tables, asked of {endpoint}: {verdict}"
        ))?;
        for difference in &report.differences {
            output::text_line(&format!("  {difference}"))?;
        }
    }
    match differences {
        0 => Ok(()),
        count => Err(Failure::data(format!(
            "{count} differences between {network} and what {endpoint} answers"
        ))),
    }
}
