//! One network from its endpoints to its rows: the facts stage and the state stage, side by side.

use super::asking;
use super::bootstrap::{self, StateNode};
use super::checkpoint::{self, Start};
use super::error::PipelineError;
use super::facts::{self, FactsProgress};
use super::links::Links;
use super::observe;
use super::plan::Plan;
use super::ranges::RangeSet;
use super::reindex;
use super::rules;
use super::shared::{FirstHeight, Goal, Shared};
use super::state::StateStage;
use super::status::NetworkStatus;
use crate::chain::{Family, Machine};
use crate::source::Source;
use gridproof_store::state_db::{ClaimedRange, Network, Span, StageKey};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Follows a network until its goal is reached, `stop` is cancelled, or something fails that setting a
/// range aside cannot cure.
///
/// On `stop` nothing new is fetched; ranges in hand are committed and the state is checkpointed.
pub struct Follower<F, S> {
    shared: Arc<Shared<F>>,
    source: Arc<S>,
    node: Option<Arc<dyn StateNode>>,
    stop: CancellationToken,
}

impl<F: Family, S: Source<Raw = F::Raw>> Follower<F, S> {
    /// A follower of `shared`'s network.
    pub fn new(shared: Shared<F>, source: Arc<S>, stop: CancellationToken) -> Self {
        Self {
            shared: Arc::new(shared),
            source,
            node: None,
            stop,
        }
    }

    /// The same, whose state begins with what `node` answers, unless it has begun already. The facts do not wait for it.
    #[must_use]
    pub fn beginning_with(mut self, node: Option<Arc<dyn StateNode>>) -> Self {
        self.node = node.filter(|_| F::Machine::EXISTS);
        self
    }

    /// The status, as it changes.
    pub fn status(&self) -> watch::Receiver<NetworkStatus> {
        self.shared.board.subscribe()
    }

    /// Runs to the end and gives the last status.
    pub async fn run(self) -> Result<NetworkStatus, PipelineError> {
        let shared = self.shared.clone();
        // Whoever fails first takes the other stage down with it, in good order.
        let halt = self.stop.child_token();
        let tip = tokio::spawn(self.source.clone().follow(halt.clone()));
        let heads = tokio::spawn(watch_heads(shared.clone(), self.source.clone(), halt.clone()));
        let result = self.stages(&halt).await;
        halt.cancel();
        heads.await?;
        tip.await?;
        // A run that had nothing left to do may end before the watcher looked for the first time.
        let head = *self.source.heads().borrow();
        if head > 0 {
            shared.board.tip(head);
            shared.state_db.set_tip(&shared.chain.network, head, None).await?;
        }
        shared.refresh(&*self.source).await?;
        result.map(|()| shared.board.now())
    }

    async fn stages(&self, halt: &CancellationToken) -> Result<(), PipelineError> {
        let Some(first) = self.register(halt).await? else {
            return Ok(());
        };
        let shared = &self.shared;
        self.apply_rules(halt).await?;
        let refetch = self.retry().await?;
        let claims = shared.pending(&shared.facts_key()).await?;
        let committed = self.committed(&shared.facts_key()).await?;
        let from = shared.settings.window_from.unwrap_or(first).max(first);
        let mut plan = Plan::new(
            shared.settings.cut,
            from,
            &committed,
            claims.iter().map(|c| c.span).collect(),
        );
        for entry in shared.state_db.quarantined(&shared.facts_key()).await? {
            plan.take(entry.range.span);
        }
        let links = self.links(&committed).await?;
        shared.refresh(&*self.source).await?;
        let (progress, facts) = watch::channel(FactsProgress { committed, done: false });
        let work = facts::Work {
            shared: shared.clone(),
            source: self.source.clone(),
            plan,
            claims,
            refetch,
            links,
        };
        let cancel_on_error = |result: Result<(), PipelineError>| {
            if result.is_err() {
                halt.cancel();
            }
            result
        };
        let facts_done = async { cancel_on_error(facts::run(work, progress, halt.clone()).await) };
        let state_done = async { cancel_on_error(self.state(first, facts, halt.clone()).await) };
        let observing = observe::run(shared.clone(), self.source.clone(), halt.clone());
        let observations_done = async { cancel_on_error(observing.await) };
        let (facts, state, observations) = tokio::join!(facts_done, state_done, observations_done);
        facts.and(state).and(observations)
    }

    /// Brings rows that other rules derived up to date, and says what only fetching can mend.
    async fn apply_rules(&self, halt: &CancellationToken) -> Result<(), PipelineError> {
        let (shared, network) = (&self.shared, self.shared.chain.network.as_str());
        if !F::Machine::EXISTS {
            let report = reindex::catch_up(shared.clone(), halt).await?;
            if report.facts_heights > 0 {
                let (heights, rows) = (report.facts_heights, report.rows);
                tracing::info!(
                    network,
                    heights,
                    rows,
                    "derived again from the archive: code or rules have changed"
                );
            }
        }
        let lacking = rules::unfollowed(shared).await?;
        let advice = lacking.advice::<F>(network);
        if let Some(advice) = &advice {
            tracing::warn!(network, "{advice}");
        }
        shared.board.advise(advice);
        Ok(())
    }

    /// Registers the network; finds the first height. `None`: stopped before an endpoint answered.
    async fn register(&self, halt: &CancellationToken) -> Result<Option<u64>, PipelineError> {
        let (shared, chain) = (&self.shared, &self.shared.chain);
        let known = shared
            .state_db
            .network(&chain.network)
            .await?
            .map(|network| network.first_height);
        let known = known.map(|known| shared.settings.window_from.map_or(known, |from| known.min(from)));
        let first_height = match (chain.first, known) {
            (FirstHeight::Height(height), _) => height,
            (FirstHeight::Earliest, Some(height)) => height,
            (FirstHeight::Earliest, None) => {
                tokio::select! {
                    () = halt.cancelled() => return Ok(None),
                    head = self.first_head() => head?,
                }
            }
        };
        // The state goes on with the height after its snapshot, so the facts must begin there at the latest.
        let snapshot = shared.state_db.stage_first(&shared.state_key()).await?;
        let first_height = snapshot.map_or(first_height, |height| first_height.min(height.saturating_add(1)));
        let network = Network {
            name: chain.network.clone(),
            chain_id: chain.chain_id.clone(),
            kind: F::KIND.to_owned(),
            first_height,
            note: chain.note.clone(),
        };
        shared.state_db.register_network(&network).await?;
        shared.committer.resume().await?;
        Ok(Some(first_height))
    }

    /// Where so asked, makes claims of what was set aside; these heights are then fetched again.
    async fn retry(&self) -> Result<RangeSet, PipelineError> {
        let (shared, mut refetch) = (&self.shared, RangeSet::new());
        if shared.settings.retry_quarantined {
            for entry in shared.state_db.quarantined(&shared.facts_key()).await? {
                refetch.insert(entry.range.span);
            }
            for key in shared.stages() {
                shared.state_db.retry_quarantined(shared.lease(), &key).await?;
                shared.committer.mirror(&key).await?;
            }
        }
        Ok(refetch)
    }

    /// The lowest height that the endpoints have, as soon as one answers.
    async fn first_head(&self) -> Result<u64, PipelineError> {
        let mut backoff = super::backoff::Backoff::default();
        let began = std::time::Instant::now();
        loop {
            match self.source.head().await {
                Ok(head) if self.node.is_some() => return Ok(asking::first_beside_snapshot(&head)),
                Ok(head) => return Ok(head.floor.max(1)),
                Err(error) if self.gives_up(began) => {
                    let (network, what) = (self.shared.chain.network.clone(), "the newest height".to_owned());
                    return Err(PipelineError::Upstream {
                        network,
                        what,
                        source: Box::new(error),
                    });
                }
                Err(error) => {
                    self.shared.board.trouble(Some(error.to_string()));
                    tokio::time::sleep(backoff.next()).await;
                }
            }
        }
    }

    /// Whether a finite run has waited for long enough.
    fn gives_up(&self, since: std::time::Instant) -> bool {
        self.shared.settings.goal != Goal::Follow && since.elapsed() >= self.shared.settings.patience
    }

    /// What readers of a stage see at the start.
    async fn committed(&self, key: &StageKey) -> Result<RangeSet, PipelineError> {
        Ok(self
            .shared
            .state_db
            .live_ranges(key)
            .await?
            .live
            .runs()
            .into_iter()
            .collect())
    }

    /// The borders of what is committed, read from the archive.
    async fn links(&self, committed: &RangeSet) -> Result<Links, PipelineError> {
        let mut links = Links::default();
        if !F::LINKED {
            return Ok(links);
        }
        for span in committed.spans() {
            for height in [span.from, span.to] {
                let one = Span {
                    from: height,
                    to: height,
                };
                for raw in self.shared.vault.read::<F::Raw>(one).await? {
                    // What cannot be read now was read when it was committed: `verify` reports it.
                    if let Some(edge) = F::raw_edge(&raw) {
                        links.learn(height, edge);
                    }
                }
            }
        }
        Ok(links)
    }

    /// The state stage, as soon as there is something to begin with.
    async fn state(
        &self,
        first: u64,
        facts: watch::Receiver<FactsProgress>,
        stop: CancellationToken,
    ) -> Result<(), PipelineError> {
        if !F::Machine::EXISTS {
            return Ok(());
        }
        let shared = &self.shared;
        let key = shared.state_key();
        if let Some(entry) = shared.state_db.quarantined(&key).await?.first() {
            shared.board.state_waits(Some(format!(
                "stopped before height {}: {}",
                entry.range.span.from, entry.reason
            )));
            return Ok(());
        }
        let snapshot = match self.snapshot(first, &stop).await {
            Ok(Some(snapshot)) => snapshot,
            Ok(None) => return Ok(()),
            Err(PipelineError::Rejected(rejected)) => {
                shared
                    .board
                    .state_waits(Some(format!("the archived snapshot is not accepted: {rejected}")));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let claims: Vec<ClaimedRange> = shared.pending(&key).await?;
        let committed = self.committed(&key).await?;
        let start = snapshot.unwrap_or(1);
        let cursor = committed.span_of(start).map_or(start - 1, |span| span.to);
        let genesis = async { if first == 1 { self.genesis().await } else { Ok(None) } };
        match checkpoint::restore(shared, cursor, snapshot, genesis).await? {
            Start::At(state) => {
                shared.board.state_waits(None);
                StateStage {
                    shared: shared.clone(),
                    facts,
                    claims: claims.into(),
                    snapshot,
                    stop,
                }
                .run(state)
                .await
            }
            Start::Waiting(why) => {
                shared.board.state_waits(Some(why));
                Ok(())
            }
            Start::Rejected(rejected) => {
                shared
                    .board
                    .state_waits(Some(format!("the archive does not replay: {rejected}")));
                Ok(())
            }
        }
    }

    /// The height of the snapshot that the state begins with, after finishing one that a crash left, or asking for one
    /// where nothing is there yet. `Some(None)`: it begins with the genesis. `None`: it cannot begin now; the board says
    /// why.
    async fn snapshot(&self, first: u64, stop: &CancellationToken) -> Result<Option<Option<u64>>, PipelineError> {
        let (shared, key) = (&self.shared, self.shared.state_key());
        bootstrap::resume(shared).await?;
        let begun = !shared.state_db.live_ranges(&key).await?.live.is_empty();
        match &self.node {
            Some(node) if !begun && shared.pending(&key).await?.is_empty() => {
                Ok(asking::until_answered(shared, &**node, first, stop).await?.map(Some))
            }
            _ => Ok(Some(shared.state_db.stage_first(&key).await?)),
        }
    }

    /// The genesis document: the caller's, the archive's, or what an endpoint says.
    async fn genesis(&self) -> Result<Option<bytes::Bytes>, PipelineError> {
        let (shared, network) = (&self.shared, self.shared.chain.network.as_str());
        if let Some(document) = shared.vault.genesis().await? {
            return Ok(Some(document));
        }
        let document = match &shared.genesis {
            Some(document) => document.clone(),
            None => match self.source.genesis().await {
                Ok(Some(document)) => document,
                Ok(None) => return Ok(None),
                Err(error) => {
                    tracing::warn!(network, %error, "no endpoint gave the genesis document");
                    return Ok(None);
                }
            },
        };
        shared.vault.put_genesis(&document).await?;
        Ok(Some(document))
    }
}

/// Keeps the tip, the endpoints and the lag current while the follower runs.
async fn watch_heads<F: Family, S: Source>(shared: Arc<Shared<F>>, source: Arc<S>, stop: CancellationToken) {
    let mut heads = source.heads();
    while !stop.is_cancelled() {
        let head = *heads.borrow_and_update();
        if head > 0 {
            shared.board.tip(head);
            if let Err(error) = shared.state_db.set_tip(&shared.chain.network, head, None).await {
                tracing::warn!(network = shared.chain.network, %error, "the tip could not be noted");
            }
        }
        if let Err(error) = shared.refresh(&*source).await {
            tracing::warn!(network = shared.chain.network, %error, "the status could not be read");
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(super::shared::STATUS_INTERVAL) => {}
        }
    }
}
