//! `gridproof backfill`.

use super::index;
use crate::args::{Backfill, ReplayManners};
use crate::config::{Config, Network};
use crate::exit::{Failure, Outcome};
use crate::house::{self, House};
use crate::networks::{self, Prepared};
use crate::session::{self, Session};
use crate::{output, shutdown};
use gridproof_indexer::pipeline::{Goal, Settings};
use gridproof_store::state_db::Span;

/// Indexes a span of heights, or what was set aside, and ends.
pub(crate) async fn run(config: &Config, args: Backfill, json: bool) -> Outcome {
    let stop = shutdown::on_signal().map_err(|error| Failure::Internal(error.into()))?;
    if args.from_state {
        let network = select(config, args.network())?;
        return super::from_state::run(config, network, args.at, json, &stop).await;
    }
    let window = window(&args)?;
    let lock = house::lock(config)?;
    let mut prepared = match &args.recording {
        Some(folder) => networks::recording(folder, ReplayManners::default(), Vec::new(), "").await?,
        None => networks::live(config, select(config, args.network())?).await?,
    };
    // Blocks are asked for, not a state.
    prepared.node = None;
    let settings = settings(config, &prepared, window, args.retry_quarantined).await?;
    let house = House::open(config).await?;
    house.migrate().await?;
    let writer = house.writer(lock).await?;
    let mut session = Session::start(config, &house, &writer, vec![(prepared, settings)], json, &stop)?;
    let ended = session.finish().await;
    index::end(house, writer, session).await;
    let statuses = ended?;
    match json {
        true => output::json(&statuses)?,
        false => output::text_line(&index::summary(&statuses))?,
    }
    if stop.is_cancelled() {
        Ok(())
    } else {
        session::set_aside(&statuses)
    }
}

/// The heights asked for.
fn window(args: &Backfill) -> Result<Option<Span>, Failure> {
    let (Some(from), Some(to)) = (args.from, args.to) else {
        return Ok(None);
    };
    match Span::new(from, to).filter(|span| span.from > 0) {
        Some(span) => Ok(Some(span)),
        None => Err(Failure::usage(format!(
            "--from {from} --to {to} is no span: heights begin at 1 and --from is not above --to"
        ))),
    }
}

/// The network of that name, or the only one.
pub(crate) fn select<'c>(config: &'c Config, name: Option<&str>) -> Result<&'c Network, Failure> {
    let names = || {
        config
            .network
            .iter()
            .map(|network| network.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (name, config.network.as_slice()) {
        (None, [only]) => Ok(only),
        (None, _) => Err(Failure::usage(format!("say which network with --network: {}", names()))),
        (Some(name), networks) => networks
            .iter()
            .find(|network| network.name == name)
            .ok_or_else(|| Failure::usage(format!("network {name} is not configured; configured: {}", names()))),
    }
}

/// Ends at the end of the window, else at the tip of now.
async fn settings(
    config: &Config,
    prepared: &Prepared,
    window: Option<Span>,
    retry_quarantined: bool,
) -> Result<Settings, Failure> {
    let goal = match window {
        Some(window) => window.to,
        None => {
            prepared
                .network
                .head()
                .await
                .map_err(|error| Failure::Upstream(error.into()))?
                .height
        }
    };
    let settings = prepared.settings(config, Goal::Height(goal));
    Ok(Settings {
        retry_quarantined,
        window_from: window.map(|window| window.from),
        ..settings
    })
}
