//! `gridproof doctor`.

use crate::config::{Config, Network, NetworkKind};
use crate::data::DataDir;
use crate::doctor::{Check, Verdict, clock_skew, disk, folder_writable, port};
use crate::exit::{Failure, Outcome};
use crate::house::House;
use crate::{networks, output, render};
use gridproof_indexer::chain::render::watch::Role;
use gridproof_indexer::source::solana::MAX_TRANSACTION_VERSION;
use gridproof_indexer::source::solana::yellowstone::probe;
use gridproof_indexer::source::{EndpointState, QueryConfig, StateHeight, StateProgress, StateQuery, StateSource};
use gridproof_store::engine::LIBRARY_ENV;
use gridproof_store::migrate::clickhouse;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// Time that an endpoint gets to tell its date.
const CLOCK_TIME: Duration = Duration::from_secs(5);

/// Time that a query service gets for the first page of a state.
const STATE_TIME: Duration = Duration::from_secs(10);

/// Runs all checks; a failed one is a failure of this run.
pub(crate) async fn run(config: &Config, json: bool) -> Outcome {
    let data = DataDir::new(&config.data_dir);
    let ours = data
        .read_note()
        .is_some_and(|note| PathBuf::from(format!("/proc/{}", note.pid)).exists());
    let mut checks = vec![
        library(config),
        folder_writable(data.root()),
        disk(data.root()),
        port("page and API", config.listen, "--listen", ours),
        port("metrics", config.metrics_listen, "--metrics-listen", ours),
        port("ClickHouse", config.engine.listen, "--engine-listen", ours),
    ];
    checks.extend(migrations(config, ours).await);
    for network in &config.network {
        checks.extend(endpoints(config, network).await?);
    }
    tell(&checks, json)?;
    match checks.iter().filter(|check| check.verdict == Verdict::Fail).count() {
        0 => Ok(()),
        failed => Err(Failure::upstream(format!(
            "{failed} checks failed; each says what to do"
        ))),
    }
}

fn tell(checks: &[Check], json: bool) -> Outcome {
    if json {
        return output::json(&checks);
    }
    let row = |check: &Check| {
        let next = if check.next_step.is_empty() {
            String::new()
        } else {
            format!("-> {}", check.next_step)
        };
        vec![
            check.verdict.word().to_owned(),
            check.name.clone(),
            format!("{} {next}", check.finding),
        ]
    };
    output::text_line(&output::columns(&checks.iter().map(row).collect::<Vec<_>>()))
}

/// Whether the engine's library is where the engine looks for it. Its hash is checked when the engine starts.
fn library(config: &Config) -> Check {
    const NAME: &str = "engine library";
    if let Some(url) = &config.engine.url {
        return Check::ok(NAME, format!("not needed: the ClickHouse at {url} is used"));
    }
    let file = "libchdb.so";
    let package = "store/libchdb/node_modules/@chdb/lib-linux-x64-gnu";
    let beside = std::env::current_exe()
        .ok()
        .and_then(|program| program.parent().map(|folder| folder.join(file)));
    let source_tree = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(package)
        .join(file);
    let named = std::env::var_os(LIBRARY_ENV)
        .map(PathBuf::from)
        .or_else(|| config.engine.library.clone());
    let places: Vec<PathBuf> = match named {
        Some(named) => vec![if named.is_dir() { named.join(file) } else { named }],
        None => beside
            .into_iter()
            .chain([source_tree, PathBuf::from(package).join(file)])
            .collect(),
    };
    match places.iter().find(|place| place.is_file()) {
        Some(found) => Check::ok(NAME, found.display().to_string()),
        None => Check::fail(
            NAME,
            format!("{file} was not found"),
            format!("run `make engine`, or set {LIBRARY_ENV} to the file"),
        ),
    }
}

/// Whether the schema is the one of this program, where an engine runs.
async fn migrations(config: &Config, running: bool) -> Option<Check> {
    const NAME: &str = "migrations";
    if !running && config.engine.url.is_none() {
        return None;
    }
    let house = House::open_for_reading(config).await.ok()?;
    let check = match clickhouse::status(&house.clickhouse).await {
        Err(error) => Check::fail(NAME, error.to_string(), "check that ClickHouse answers"),
        Ok(report) => match (report.check(), report.pending().len()) {
            (Err(drift), _) => Check::fail(NAME, drift.to_string(), "see `gridproof migrate status`"),
            (Ok(()), 0) => Check::ok(NAME, format!("all {} applied", report.entries.len())),
            (Ok(()), pending) => Check::warn(NAME, format!("{pending} not applied"), "run `gridproof migrate up`"),
        },
    };
    house.close().await;
    Some(check)
}

/// Each endpoint of a network, and the clock against the first that answers.
async fn endpoints(config: &Config, network: &Network) -> Result<Vec<Check>, Failure> {
    let mut checks = Vec::new();
    if network.kind == NetworkKind::Render {
        let watched = watch_set(config, network).await;
        let usable = watched.verdict != Verdict::Fail;
        checks.push(watched);
        if !usable {
            return Ok(checks);
        }
    }
    checks.extend(state_nodes(network).await);
    // A stream is no endpoint to fall back to: it is asked for itself.
    checks.extend(stream(config, network).await);
    let network = &Network {
        yellowstone: None,
        ..network.clone()
    };
    let prepared = networks::live(config, network).await?;
    let head = prepared.network.head().await;
    let mut ready = None;
    for endpoint in prepared.network.endpoints() {
        let name = format!("endpoint {}", network.name);
        let error = endpoint.last_error.clone().unwrap_or_else(|| "no answer".to_owned());
        checks.push(match endpoint.state {
            EndpointState::Ready | EndpointState::Limited => {
                let number = |height: Option<u64>| height.map_or_else(|| "?".to_owned(), |height| height.to_string());
                ready.get_or_insert(endpoint.url.clone());
                Check::ok(
                    name,
                    format!(
                        "{} heights {}-{}",
                        endpoint.url,
                        number(endpoint.floor),
                        number(endpoint.tip)
                    ),
                )
            }
            EndpointState::WrongChain => Check::fail(
                name,
                format!("{}: {error}", endpoint.url),
                format!("remove it or mend chain_id = \"{}\"", network.chain_id),
            ),
            _ => Check::warn(
                name,
                format!("{}: {error}", endpoint.url),
                "others are used in its place",
            ),
        });
    }
    if let Err(error) = head {
        let step = "check the network, set `endpoints` in gridproof.toml, or use --recording DIR";
        checks.push(Check::fail(
            format!("network {}", network.name),
            error.to_string(),
            step,
        ));
    }
    if let Some(url) = ready {
        checks.extend(clock(&url).await);
    }
    Ok(checks)
}

/// Whether each query service answers for this chain. The first page of a state tells; the rest is not asked for.
async fn state_nodes(network: &Network) -> Vec<Check> {
    let grpc = network
        .grpc
        .iter()
        .map(|url| QueryConfig::new(&network.chain_id, [url.clone()], []));
    let rest = network
        .rest
        .iter()
        .map(|url| QueryConfig::new(&network.chain_id, [], [url.clone()]));
    let name = format!("state {}", network.name);
    let step = "others are used in its place; mend `grpc` or `rest` in gridproof.toml";
    let mut checks = Vec::new();
    for mut config in grpc.chain(rest) {
        (config.page_limit, config.limits.tries, config.limits.request) = (1, 1, STATE_TIME);
        let query = match StateQuery::new(config) {
            Ok(query) => query,
            Err(error) => {
                checks.push(Check::fail(
                    &name,
                    error.to_string(),
                    "mend `grpc` or `rest` in gridproof.toml",
                ));
                continue;
            }
        };
        let page = tokio::sync::Notify::new();
        let told = |_: &StateProgress| page.notify_one();
        let endpoint = query.endpoints().join(", ");
        let check = tokio::select! {
            () = page.notified() => Check::ok(&name, format!("{endpoint} answers")),
            answer = query.state(StateHeight::Recent, &told) => match answer {
                Ok(state) => Check::ok(&name, format!("{endpoint} answers, height {}", state.height)),
                Err(error) => Check::warn(&name, error.to_string(), step),
            },
            () = tokio::time::sleep(STATE_TIME) => {
                Check::warn(&name, format!("{endpoint} gave no page within {STATE_TIME:?}"), step)
            }
        };
        checks.push(check);
    }
    checks
}

/// Whether the stream of a network answers. Without it the endpoints serve everything, only later.
async fn stream(config: &Config, network: &Network) -> Option<Check> {
    let name = format!("stream {}", network.name);
    let stream = match render::stream(config, network).await {
        Ok(stream) => stream?,
        Err(error) => {
            return Some(Check::fail(
                name,
                error.to_string(),
                "mend `yellowstone` in gridproof.toml",
            ));
        }
    };
    Some(match probe(&stream).await {
        Ok(probe) => {
            let replay = probe
                .replays_from
                .map_or_else(|| "no replay".to_owned(), |slot| format!("replays from slot {slot}"));
            Check::ok(name, format!("{} answers, {replay}", probe.endpoint))
        }
        Err(error) if error.needs_a_person() => Check::fail(
            name,
            error.to_string(),
            "mend `yellowstone` in gridproof.toml, or its token",
        ),
        Err(error) => Check::warn(name, error.to_string(), "the endpoints are used alone until it answers"),
    })
}

/// What a network of Render watches, and which transactions are read. The endpoints are held to the genesis hash, the
/// mint's program and its decimals when they first answer.
async fn watch_set(config: &Config, network: &Network) -> Check {
    let name = format!("watch set {}", network.name);
    match render::watch_set(config, network).await {
        Err(error) => Check::fail(
            name,
            error.to_string(),
            "mend `watch` or `watch_file` in gridproof.toml",
        ),
        Ok(watch) => {
            let burns = watch
                .accounts
                .iter()
                .filter(|account| account.role == Role::Burn)
                .count();
            let payouts = watch
                .accounts
                .iter()
                .filter(|account| {
                    matches!(
                        account.role,
                        Role::PayoutWork | Role::PayoutAvailability | Role::PayoutCompute
                    )
                })
                .count();
            let finding = format!(
                "mint {} with {} decimals, {} accounts, {burns} burn, {payouts} pay; transactions up to version \
                 {MAX_TRANSACTION_VERSION} are read",
                watch.mint,
                watch.decimals,
                watch.accounts.len()
            );
            match (burns, payouts) {
                (0, _) => Check::warn(
                    name,
                    finding,
                    "no revenue is seen: add a burn account with `gridproof watch add`",
                ),
                (_, 0) => Check::warn(
                    name,
                    finding,
                    "no rewards are seen: find payout accounts with `gridproof discover-payout-wallets`",
                ),
                _ => Check::ok(name, finding),
            }
        }
    }
}

/// This machine's clock against the `Date` of an answer.
async fn clock(url: &str) -> Option<Check> {
    let client = reqwest::Client::builder().timeout(CLOCK_TIME).build().ok()?;
    let answer = client.head(url).send().await.ok()?;
    let date = answer.headers().get("date")?.to_str().ok()?;
    let theirs = OffsetDateTime::parse(date, &Rfc2822).ok()?;
    Some(clock_skew(url, theirs.into(), SystemTime::now()))
}
