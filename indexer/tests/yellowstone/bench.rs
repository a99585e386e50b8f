//! A live source between the two mocks, and what its rows must be.

use std::sync::Arc;
use std::time::Duration;

use gridproof_indexer::chain::render::decode::decode_slot;
use gridproof_indexer::chain::render::model::Slot;
use gridproof_indexer::source::solana::yellowstone::{LiveSource, StreamConfig, StreamState, StreamStatus};
use gridproof_indexer::source::{FetchError, RawSlot, Source};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use yellowstone_grpc_proto::geyser::SubscribeUpdate;

use super::mock::{Mock, Script, Step, send};
use super::rpc::Rpc;
use super::world::World;

/// How long a test waits for something that must happen. Never reached unless it does not.
const PATIENCE: Duration = Duration::from_secs(60);

/// A test's parts.
pub(crate) struct Bench {
    pub(crate) mock: Mock,
    pub(crate) rpc: Arc<Rpc>,
    pub(crate) live: Arc<LiveSource<Rpc>>,
    stop: CancellationToken,
    following: Option<JoinHandle<()>>,
}

/// Short times, and silence that never comes by itself.
pub(crate) fn config(mock: &Mock) -> StreamConfig {
    let mut config = StreamConfig::new(mock.url.clone(), None);
    config.limits.silence = Duration::from_secs(120);
    config.limits.first_pause = Duration::from_millis(5);
    config.limits.longest_pause = Duration::from_millis(40);
    config.limits.confirm_pause = Duration::from_millis(5);
    config.limits.quiet_heads = Duration::ZERO;
    config
}

impl Bench {
    pub(crate) async fn new(world: &Arc<World>, scripts: Vec<Script>) -> Self {
        let mock = Mock::start(scripts).await;
        let config = config(&mock);
        Self::with(world, mock, config, |_| {})
    }

    pub(crate) fn with(world: &Arc<World>, mock: Mock, config: StreamConfig, change: impl FnOnce(&mut Rpc)) -> Self {
        let mut rpc = Rpc::new(world.clone(), mock.state.journal.clone());
        change(&mut rpc);
        let rpc = Arc::new(rpc);
        Self {
            live: Arc::new(LiveSource::new(rpc.clone(), config)),
            mock,
            rpc,
            stop: CancellationToken::new(),
            following: None,
        }
    }

    /// Begins to follow.
    pub(crate) fn follow(mut self) -> Self {
        self.following = Some(tokio::spawn(self.live.clone().follow(self.stop.clone())));
        self
    }

    /// Stops, and waits until everything has stopped.
    pub(crate) async fn stop(mut self) -> StreamStatus {
        self.stop.cancel();
        if let Some(following) = self.following.take() {
            tokio::time::timeout(PATIENCE, following)
                .await
                .expect("stops")
                .expect("no panic");
        }
        self.live.stream_status()
    }

    /// Waits until the status is as wanted.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&StreamStatus) -> bool) -> StreamStatus {
        let reached = async {
            loop {
                let status = self.live.stream_status();
                if wanted(&status) {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, reached).await {
            Ok(status) => status,
            Err(_) => panic!("not {what}: {:?}", self.live.stream_status()),
        }
    }

    pub(crate) async fn until_streamed(&self, count: usize) {
        self.until("streamed", |s| s.streamed_total >= count as u64).await;
    }

    pub(crate) async fn until_live_at(&self, slot: u64) {
        self.until("live", |s| s.state == StreamState::Live && s.head == Some(slot))
            .await;
    }

    pub(crate) async fn until_subscribed(&self, times: u64) {
        let mut subscriptions = self.mock.state.subscriptions.subscribe();
        let reached = subscriptions.wait_for(|n| *n >= times);
        tokio::time::timeout(PATIENCE, reached)
            .await
            .expect("subscribed")
            .expect("a server");
    }

    /// The rows of the whole recording in ranges of so many slots.
    pub(crate) async fn rows(&self, slots_per_range: usize) -> Vec<Slot> {
        rows(&*self.live, &self.rpc.world, slots_per_range).await.expect("rows")
    }

    /// Fails unless the rows of all ranges are those of the RPC alone.
    pub(crate) async fn assert_rows(&self, slots_per_range: usize) {
        let got = self.rows(slots_per_range).await;
        assert_same(&got, &alone(&self.rpc.world, slots_per_range).await);
    }
}

/// The rows that the RPC alone gives.
pub(crate) async fn alone(world: &Arc<World>, slots_per_range: usize) -> Vec<Slot> {
    let rpc = Rpc::new(world.clone(), Default::default());
    rows(&rpc, world, slots_per_range).await.expect("rows")
}

async fn rows<S>(source: &S, world: &World, slots_per_range: usize) -> Result<Vec<Slot>, FetchError>
where
    S: Source<Raw = RawSlot>,
{
    let mut rows = Vec::new();
    let mut from = 0;
    for ends in world.slots().chunks(slots_per_range) {
        let to = *ends.last().expect("a slot");
        for raw in source.fetch_range(from, to).await? {
            rows.push(decode_slot(&raw).expect("decodes"));
        }
        from = to + 1;
    }
    Ok(rows)
}

/// Equal but for the position in the block, which the RPC does not tell.
pub(crate) fn assert_same(got: &[Slot], expected: &[Slot]) {
    assert_eq!(got.len(), expected.len(), "slots");
    for (got, expected) in got.iter().zip(expected) {
        let mut got = got.clone();
        for transaction in &mut got.transactions {
            transaction.tx_index = None;
        }
        assert_eq!(&got, expected);
    }
}

/// A stream of everything, in order.
pub(crate) fn everything(world: &World) -> Vec<SubscribeUpdate> {
    world.stream(0, usize::MAX).into_iter().flatten().collect()
}

/// Sends, and then stays open.
pub(crate) fn then_hang(updates: impl IntoIterator<Item = SubscribeUpdate>) -> Script {
    let mut script = send(updates);
    script.push(Step::Hang);
    script
}
