//! A run of the indexer: followers for all networks, the operations listener, progress, and the end.

use crate::audits::Audits;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::house::{House, Writer};
use crate::networks::Prepared;
use crate::{inventory, ops, progress};
use gridproof_indexer::audit::render;
use gridproof_indexer::pipeline::{Goal, NetworkStatus, PipelineError, Settings};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Time between two looks at the engine.
const ENGINE_INTERVAL: Duration = Duration::from_secs(1);

/// Followers at work.
pub(crate) struct Session {
    /// Followers with their last status, and pollers, which have none.
    followers: JoinSet<Result<Option<NetworkStatus>, PipelineError>>,
    background: JoinSet<()>,
    replays: Vec<gridproof_indexer::source::replay::ReplayHandle>,
    stop: CancellationToken,
    done: CancellationToken,
}

impl Session {
    /// Starts a follower for each network.
    pub(crate) fn start(
        config: &Config,
        house: &House,
        writer: &Writer,
        networks: Vec<(Prepared, Settings)>,
        json: bool,
        stop: &CancellationToken,
    ) -> Result<Self, Failure> {
        let mut session = Self {
            followers: JoinSet::new(),
            background: JoinSet::new(),
            replays: Vec::new(),
            stop: stop.child_token(),
            done: CancellationToken::new(),
        };
        let bars = progress::bars(json);
        for (prepared, settings) in networks {
            let Prepared {
                chain,
                network,
                node,
                replay,
                reader,
                prices,
                ..
            } = prepared;
            session.replays.extend(replay);
            if let Some(reader) = reader {
                house.source_metrics.add(&chain.network, reader);
            }
            let audited = (chain.kind == render::KIND).then(|| (chain.network.clone(), chain.recording));
            let follows = settings.goal == Goal::Follow;
            // A finite run is after heights: providers are asked by who follows.
            let providers = match settings.goal {
                Goal::Follow => inventory::plan(config, &chain, house, writer)?,
                Goal::Height(_) => None,
            };
            let own_stop = session.stop.child_token();
            let mut following = network.follower(chain, settings, node, writer, own_stop.clone());
            if let Some(providers) = providers {
                let board = following.board.clone();
                following.run = inventory::beside(following.run, providers, writer, board, own_stop);
            }
            house.board.add_network(following.status.clone());
            session
                .background
                .spawn(progress::follow(following.status, bars.clone(), session.done.clone()));
            if let Some(prices) = prices.filter(|_| follows) {
                let poller = prices.poller(following.home, following.board.clone());
                let stop = session.stop.clone();
                session
                    .followers
                    .spawn(async move { poller.run(stop).await.map(|()| None) });
            }
            if let Some((network, from_nothing)) = audited {
                let audits = Audits {
                    network,
                    from_nothing,
                    clickhouse: house.clickhouse.clone(),
                    board: following.board,
                    gauges: house.audit_gauges.clone(),
                };
                session.background.spawn(audits.run(session.done.clone()));
            }
            session.followers.spawn(async move { following.run.await.map(Some) });
        }
        session.background.spawn(watch_engine(
            house.board.clone(),
            house.restarts(),
            session.done.clone(),
        ));
        Ok(session)
    }

    /// Serves `/metrics`, `/status` and the health checks beside the followers.
    pub(crate) async fn operations(
        &mut self,
        house: &House,
        address: SocketAddr,
        flag: &str,
    ) -> Result<SocketAddr, Failure> {
        let listener = ops::bind(address, flag).await.map_err(Failure::Usage)?;
        let bound = listener.local_addr().map_err(|error| Failure::Internal(error.into()))?;
        let router = operations(house).router();
        self.serve(listener, router);
        Ok(bound)
    }

    /// Serves a router until the session ends.
    pub(crate) fn serve(&mut self, listener: tokio::net::TcpListener, router: axum::Router) {
        let done = self.done.clone();
        self.background.spawn(async move {
            if let Err(error) = ops::serve(listener, router, done).await {
                tracing::error!(%error, "a listener ended");
            }
        });
    }

    /// Waits until every follower has ended; the first that fails ends the others in good order.
    pub(crate) async fn finish(&mut self) -> Result<Vec<NetworkStatus>, Failure> {
        let (mut ended, mut failure) = (Vec::new(), None);
        while let Some(joined) = self.followers.join_next().await {
            match joined.map_err(PipelineError::from).and_then(|result| result) {
                Ok(status) => ended.extend(status),
                Err(error) => {
                    self.stop.cancel();
                    failure.get_or_insert(error);
                }
            }
        }
        match failure {
            None => Ok(ended),
            Some(error) if error.is_upstream() => Err(Failure::Upstream(error.into())),
            Some(error) => Err(Failure::Internal(error.into())),
        }
    }

    /// Ends listeners, progress and replay servers.
    pub(crate) async fn close(mut self) {
        self.stop.cancel();
        self.done.cancel();
        while self.background.join_next().await.is_some() {}
        for replay in self.replays {
            replay.shutdown().await;
        }
    }
}

/// What the operations endpoints of a house read.
pub(crate) fn operations(house: &House) -> ops::Operations {
    let clickhouse = house.clickhouse.clone();
    let ping: ops::EnginePing = Arc::new(move || {
        let clickhouse = clickhouse.clone();
        Box::pin(async move { clickhouse.ping().await.map_err(|error| error.to_string()) })
    });
    ops::Operations {
        board: house.board.clone(),
        registry: house.registry.clone(),
        ping,
    }
}

/// What is set aside, as a failure of the data.
pub(crate) fn set_aside(statuses: &[NetworkStatus]) -> Outcome {
    let set_aside: Vec<NetworkStatus> = statuses
        .iter()
        .filter(|status| !status.quarantine.is_empty())
        .cloned()
        .collect();
    incomplete(&set_aside)
}

/// What is set aside or unfinished at the end of a finite run, as a failure of the data.
pub(crate) fn incomplete(statuses: &[NetworkStatus]) -> Outcome {
    let mut lines = Vec::new();
    for status in statuses {
        for entry in &status.quarantine {
            lines.push(format!(
                "{} {} {}: {}",
                status.network, entry.stage, entry.range, entry.reason
            ));
        }
        if !status.is_complete() && status.quarantine.is_empty() {
            let why = status.waiting().unwrap_or_else(|| unfinished(status));
            lines.push(format!("{}: {why}", status.network));
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    let list = lines.join("\n  ");
    Err(Failure::data(format!(
        "not everything could be indexed; see `gridproof status`:\n  {list}"
    )))
}

/// How far each stage came, where neither says why it ended.
fn unfinished(status: &NetworkStatus) -> String {
    let height = |height: Option<u64>| height.map_or_else(|| "none".to_owned(), |height| height.to_string());
    let state = status.state.as_ref();
    format!(
        "not every height was committed: tip {}, facts to {} with {} holes{}; run it again",
        height(status.tip),
        height(status.facts.watermark),
        status.facts.holes.len(),
        state.map_or_else(String::new, |state| format!(", state to {}", height(state.watermark)))
    )
}

async fn watch_engine(board: crate::board::Board, restarts: impl Fn() -> u64, done: CancellationToken) {
    loop {
        board.set_engine_restarts(restarts());
        tokio::select! {
            () = done.cancelled() => return,
            () = tokio::time::sleep(ENGINE_INTERVAL) => {}
        }
    }
}
