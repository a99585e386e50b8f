//! `gridproof status`.

use crate::args::Status;
use crate::board::Snapshot;
use crate::config::Config;
use crate::data::DataDir;
use crate::exit::{Failure, Outcome};
use crate::{output, shutdown};
use gridproof_indexer::pipeline::{InventoryStatus, NetworkStatus, PriceStatus, StageStatus, from_store};
use gridproof_store::state_db::StateDb;
use std::io::Write;
use std::time::Duration;

/// Time between two prints of `--watch`.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);
/// Time that a running process gets to answer.
const ANSWER_TIME: Duration = Duration::from_secs(3);
/// Clears the screen and goes to its top.
const CLEAR: &str = "\x1b[2J\x1b[H";

/// Prints the status once, or again and again.
pub(crate) async fn run(config: &Config, args: Status, json: bool) -> Outcome {
    if !args.watch {
        return show(&snapshot(config).await?, json);
    }
    let stop = shutdown::on_signal().map_err(|error| Failure::Internal(error.into()))?;
    while !stop.is_cancelled() {
        let snapshot = snapshot(config).await?;
        if !json {
            // A terminal that cannot be cleared shows the lines one below the other.
            let _ = write!(std::io::stdout().lock(), "{CLEAR}");
        }
        show(&snapshot, json)?;
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(WATCH_INTERVAL) => {}
        }
    }
    Ok(())
}

/// What the running process says, else what the data folder says.
pub(crate) async fn snapshot(config: &Config) -> Result<Snapshot, Failure> {
    let data = DataDir::new(&config.data_dir);
    if let Some(running) = ask(&data).await {
        return Ok(running);
    }
    if !data.state_db().is_file() {
        let folder = data.root().display();
        return Err(Failure::usage(format!(
            "nothing was indexed in {folder} yet; start with `gridproof up`"
        )));
    }
    let state_db = StateDb::open_file(&data.state_db())
        .await
        .map_err(|error| Failure::Internal(error.into()))?;
    let status = state_db
        .status()
        .await
        .map_err(|error| Failure::Internal(error.into()))?;
    state_db.close().await;
    let networks = status.networks.iter().map(from_store).collect();
    Ok(Snapshot {
        running: false,
        pid: None,
        engine_restarts: None,
        networks,
    })
}

/// The status of the process that runs on this data folder, if one answers.
async fn ask(data: &DataDir) -> Option<Snapshot> {
    let url = format!("http://{}/status", data.read_note()?.operations?);
    let client = reqwest::Client::builder()
        .timeout(ANSWER_TIME)
        .no_proxy()
        .build()
        .ok()?;
    client
        .get(url)
        .send()
        .await
        .ok()?
        .error_for_status()
        .ok()?
        .json()
        .await
        .ok()
}

fn show(snapshot: &Snapshot, json: bool) -> Outcome {
    if json {
        return output::json(snapshot);
    }
    let process = match (snapshot.pid, snapshot.engine_restarts) {
        (Some(pid), restarts) => format!("running, process {pid}, engine restarts {}", restarts.unwrap_or(0)),
        (None, _) => "not running".to_owned(),
    };
    output::text_line(&process)?;
    snapshot
        .networks
        .iter()
        .try_for_each(|network| output::text_line(&text(network)))
}

/// A network as lines.
fn text(network: &NetworkStatus) -> String {
    let tip = network.tip.map_or_else(|| "unknown".to_owned(), |tip| tip.to_string());
    let mut lines = vec![format!("\n{} (chain {}), tip {tip}", network.network, network.chain_id)];
    lines.extend(
        Some(&network.note)
            .filter(|note| !note.is_empty())
            .map(|note| format!("  *** {note} ***")),
    );
    let state = network.state.as_ref().map(|state| stage("state", state));
    let rows: Vec<_> = std::iter::once(stage("facts", &network.facts)).chain(state).collect();
    lines.extend(output::columns(&rows).lines().map(|line| format!("  {line}")));
    if let Some(inventory) = network.inventory {
        let InventoryStatus {
            total,
            monitored,
            online,
            dead,
        } = inventory;
        lines.push(format!(
            "  providers: {total} on the chain, {monitored} asked for their status, {online} online, {dead} not answering"
        ));
    }
    if let Some(findings) = network.audit_findings {
        // Only a network with a state machine settles anything.
        lines.push(match network.state {
            Some(_) => format!("  settlement audit: {findings} blocks differ from the transfers seen"),
            None => format!("  audits: {findings} findings in supply, account chains and balances"),
        });
    }
    lines.extend(network.advice.iter().map(|advice| format!("  to do: {advice}")));
    lines.extend(network.trouble.iter().map(|trouble| format!("  trouble: {trouble}")));
    for entry in &network.quarantine {
        lines.push(format!(
            "  quarantined {} {}: {}",
            entry.stage, entry.range, entry.reason
        ));
    }
    lines.extend(network.prices.iter().map(price));
    for endpoint in &network.endpoints {
        let number = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        let (tip, floor, latency) = (
            number(endpoint.tip),
            number(endpoint.floor),
            number(endpoint.latency_ms),
        );
        let error = endpoint.last_error.as_deref().unwrap_or("");
        let state = &endpoint.state;
        lines.push(format!(
            "  endpoint {} {state}, heights {floor}-{tip}, {latency} ms {error}",
            endpoint.host
        ));
    }
    lines.join("\n")
}

/// The newest price of one instrument as a line.
fn price(price: &PriceStatus) -> String {
    let said = price.price.as_deref().unwrap_or("-");
    let age = price
        .age_s
        .map_or_else(String::new, |age| format!(", {age} s old when seen"));
    let why = if price.reason.is_empty() {
        String::new()
    } else {
        format!(": {}", price.reason)
    };
    let (asset, quote, source, status) = (&price.asset, &price.quote, &price.source, &price.status);
    format!("  price {asset}/{quote} {source} {said} {status}{age}{why}")
}

fn stage(name: &str, stage: &StageStatus) -> Vec<String> {
    let height = |height: Option<u64>| height.map_or_else(|| "-".to_owned(), |height| height.to_string());
    let missing: u64 = stage.holes.iter().map(|hole| hole.heights()).sum();
    vec![
        name.to_owned(),
        format!("{} to {}", height(stage.complete_from), height(stage.watermark)),
        stage.lag_s.map_or_else(String::new, |lag| format!("{lag} s behind")),
        format!("{missing} heights missing in {} holes", stage.holes.len()),
        stage.waiting.clone().unwrap_or_default(),
    ]
}
