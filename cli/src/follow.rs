//! Networks of any family behind one face: what commands ask of one before it is followed, and the follower itself.

use crate::house::Writer;
use gridproof_indexer::chain::Family;
use gridproof_indexer::pipeline::{
    Board, BootstrapReport, Chain, Follower, NetworkStatus, PipelineError, ReindexReport, SeriesHome, Settings, Shared,
    StateNode, Vault, bootstrap, refetch,
};
use gridproof_indexer::source::{EndpointStatus, FetchError, Head, Source, StateHeight, StateProgress};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A future of a network whose family is not known here.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A network that can be asked and followed.
pub(crate) trait Followable: Send + Sync {
    /// The newest height that its endpoints serve.
    fn head(&self) -> Boxed<'_, Result<Head, FetchError>>;

    /// Its endpoints, in the configured order.
    fn endpoints(&self) -> Vec<EndpointStatus>;

    /// Its follower, not yet running. `node`: whom to ask for the state that it begins with.
    fn follower(
        self: Box<Self>,
        chain: Chain,
        settings: Settings,
        node: Option<Arc<dyn StateNode>>,
        writer: &Writer,
        stop: CancellationToken,
    ) -> Following;

    /// Begins its state with what `node` answers about `at`; `None`: stopped before that.
    fn begin(
        self: Box<Self>,
        chain: Chain,
        settings: Settings,
        asked: Asked,
        writer: &Writer,
        stop: CancellationToken,
    ) -> Boxed<'static, Result<Option<BootstrapReport>, PipelineError>>;

    /// Fetches again what was fetched without an address that is followed now, and derives it.
    fn refetch(
        self: Box<Self>,
        chain: Chain,
        settings: Settings,
        writer: &Writer,
        stop: CancellationToken,
    ) -> Boxed<'static, Result<ReindexReport, PipelineError>>;
}

/// A question for the whole state.
pub(crate) struct Asked {
    /// Whom.
    pub(crate) node: Arc<dyn StateNode>,
    /// Of which height.
    pub(crate) at: StateHeight,
    /// Told after each page.
    pub(crate) progress: Arc<dyn Fn(&StateProgress) + Send + Sync>,
}

/// A follower of any family.
pub(crate) struct Following {
    /// The status, as it changes.
    pub(crate) status: watch::Receiver<NetworkStatus>,
    /// Where audits beside the follower tell what they found.
    pub(crate) board: Board,
    /// Where series of the network are kept.
    pub(crate) home: SeriesHome,
    /// Runs to the end and gives the last status.
    pub(crate) run: Boxed<'static, Result<NetworkStatus, PipelineError>>,
}

/// The rules of a network and where its blocks come from.
pub(crate) struct Ready<F, S> {
    /// How it is decoded.
    pub(crate) rules: F,
    /// Genesis document, where we have it; otherwise the endpoints are asked.
    pub(crate) genesis: Option<bytes::Bytes>,
    /// Its endpoints.
    pub(crate) source: Arc<S>,
}

impl<F: Family, S: Source<Raw = F::Raw>> Followable for Ready<F, S> {
    fn head(&self) -> Boxed<'_, Result<Head, FetchError>> {
        Box::pin(self.source.head())
    }

    fn endpoints(&self) -> Vec<EndpointStatus> {
        self.source.endpoints()
    }

    fn follower(
        self: Box<Self>,
        chain: Chain,
        settings: Settings,
        node: Option<Arc<dyn StateNode>>,
        writer: &Writer,
        stop: CancellationToken,
    ) -> Following {
        let shared = shared(chain, self.rules, self.genesis, settings, writer);
        let (board, home) = (shared.board.clone(), shared.series_home());
        let follower = Follower::new(shared, self.source, stop).beginning_with(node);
        Following {
            board,
            home,
            status: follower.status(),
            run: Box::pin(follower.run()),
        }
    }

    fn begin(
        self: Box<Self>,
        chain: Chain,
        settings: Settings,
        asked: Asked,
        writer: &Writer,
        stop: CancellationToken,
    ) -> Boxed<'static, Result<Option<BootstrapReport>, PipelineError>> {
        let shared = Arc::new(shared(chain, self.rules, self.genesis, settings, writer));
        Box::pin(async move {
            let Asked { node, at, progress } = asked;
            bootstrap(&shared, &*node, at, &*progress, &stop).await
        })
    }

    fn refetch(
        self: Box<Self>,
        chain: Chain,
        settings: Settings,
        writer: &Writer,
        stop: CancellationToken,
    ) -> Boxed<'static, Result<ReindexReport, PipelineError>> {
        let Self { rules, genesis, source } = *self;
        let shared = Arc::new(shared(chain, rules, genesis, settings, writer));
        Box::pin(async move { refetch(shared, source, &stop).await })
    }
}

/// What the stages of a network have in common.
pub(crate) fn shared<F>(
    chain: Chain,
    rules: F,
    genesis: Option<bytes::Bytes>,
    settings: Settings,
    writer: &Writer,
) -> Shared<F> {
    let lease = writer.committer.lease().clone();
    Shared {
        board: Board::new(&chain),
        vault: Vault::new(writer.archive.clone(), writer.state_db.clone(), lease, &chain.network),
        chain,
        rules,
        genesis,
        committer: writer.committer.clone(),
        state_db: writer.state_db.clone(),
        settings,
        metrics: writer.metrics.clone(),
        crash: writer.crash.clone(),
    }
}
