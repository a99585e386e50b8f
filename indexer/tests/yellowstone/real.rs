//! The stream in front of the real RPC source, which asks the recording's own node over HTTP: the rows that would be
//! stored are those of the RPC source alone, byte for byte but for the position in the block.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gridproof_indexer::chain::Family;
use gridproof_indexer::chain::render::RenderRules;
use gridproof_indexer::chain::render::decode::decode_slot;
use gridproof_indexer::chain::render::epochs::EpochTable;
use gridproof_indexer::chain::render::facts::derive;
use gridproof_indexer::chain::render::watch::WatchSet;
use gridproof_indexer::source::replay::{ReplayHandle, ReplayOptions};
use gridproof_indexer::source::solana::replay::{SolanaRecording, serve};
use gridproof_indexer::source::solana::yellowstone::{LiveSource, StreamState, StreamStatus};
use gridproof_indexer::source::solana::{SolanaConfig, SolanaSource};
use gridproof_indexer::source::{RawSlot, Source};
use gridproof_store::batch::{Batch, Origin};
use tokio_util::sync::CancellationToken;
use yellowstone_grpc_proto::geyser::SubscribeUpdate;
use yellowstone_grpc_proto::geyser::subscribe_update::UpdateOneof;

use super::bench::{config, then_hang};
use super::mock::{Mock, Script, Step, send};
use super::world::{FOLDER, World};

/// How long a test waits for something that must happen. Never reached unless it does not.
const PATIENCE: Duration = Duration::from_secs(120);
/// Slots of the recording that are streamed again after a cut.
const OVERLAP: usize = 3;

/// The recording: its node on loopback, and its rules.
struct Recorded {
    rules: RenderRules,
    node: ReplayHandle,
    genesis: Option<String>,
    first: u64,
    last: u64,
}

impl Recorded {
    async fn serve() -> Self {
        let read = |name: &str| std::fs::read(Path::new(FOLDER).join(name)).expect(name);
        let recording = SolanaRecording::open(Path::new(FOLDER)).expect("a recording");
        let rules = RenderRules {
            chain_id: recording.info().chain_id.clone(),
            watch: WatchSet::from_accounts_json(&read("accounts.json")).expect("accounts"),
            epochs: EpochTable::from_recording(&read("truth_epochs.json")).expect("epochs"),
        };
        let genesis = recording.genesis_hash().map(str::to_owned);
        let (first, last) = recording.slots().into_inner();
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let node = serve(Arc::new(recording), listen, ReplayOptions::default())
            .await
            .expect("served");
        Self {
            rules,
            node,
            genesis,
            first,
            last,
        }
    }

    /// A new RPC source, which has listed nothing yet.
    fn source(&self) -> SolanaSource {
        let watch = &self.rules.watch;
        let mut config = SolanaConfig::new("rec", vec![self.node.url()], watch.mint.clone(), watch.decimals);
        config.followed = self.rules.followed();
        config.genesis_hash = self.genesis.clone();
        config.poll = Duration::from_millis(20);
        let many = NonZeroU32::new(1_000_000).expect("not zero");
        (config.rates.per_method, config.rates.total) = (many, many);
        SolanaSource::new(config).expect("a source")
    }

    /// The whole recording in ranges that end with every so many-th slot of the stream, from the new to the old where
    /// so asked, as a backfill goes.
    fn ranges(&self, world: &World, slots_per_range: usize, downwards: bool) -> Vec<(u64, u64)> {
        let mut from = self.first;
        let mut ranges = Vec::new();
        let slots = world.slots();
        let ends = slots.chunks(slots_per_range).map(|ends| *ends.last().expect("a slot"));
        for to in ends.chain([self.last]) {
            if from <= to {
                ranges.push((from, to));
            }
            from = to + 1;
        }
        if downwards {
            ranges.reverse();
        }
        ranges
    }

    /// What a follower would commit of these ranges.
    async fn rows(&self, source: &impl Source<Raw = RawSlot>, ranges: &[(u64, u64)]) -> Batch {
        let mut batch = Batch::new(Origin {
            network: "rec".to_owned(),
            chain_id: self.rules.chain_id.clone(),
        });
        for &(from, to) in ranges {
            for raw in source.fetch_range(from, to).await.expect("a range") {
                let slot = decode_slot(&raw).expect("decodes");
                derive(&self.rules, &slot, &mut batch).expect("rows");
            }
        }
        batch
    }
}

/// Rows of a table without the position in the block, which leads each: a byte that says whether it is null, then four
/// where it is not.
fn without_positions(batch: &Batch) -> BTreeMap<&'static str, Vec<Vec<u8>>> {
    let rest = |row: &[u8]| match row[0] {
        0 => row[5..].to_vec(),
        _ => row[1..].to_vec(),
    };
    let tables = batch.tables.iter();
    tables
        .map(|(name, table)| (*name, table.iter().map(rest).collect()))
        .collect()
}

/// Rows that know their position in the block.
fn positioned(batch: &Batch) -> usize {
    let rows = batch.tables.values().flat_map(|table| table.iter());
    rows.filter(|row| row[0] == 0).count()
}

fn assert_same_rows(live: &Batch, rpc: &Batch) {
    let counts = |batch: &Batch| -> BTreeMap<&'static str, u64> {
        batch.tables.iter().map(|(name, table)| (*name, table.rows)).collect()
    };
    assert_eq!(counts(live), counts(rpc), "rows of each table");
    assert_eq!(live.digests, rpc.digests, "digests of each slot");
    assert_eq!(live.digest(), rpc.digest());
    let (live, rpc) = (without_positions(live), without_positions(rpc));
    for (table, rows) in &rpc {
        for (number, row) in rows.iter().enumerate() {
            assert_eq!(&live[table][number], row, "{table}, row {number}");
        }
    }
}

fn is_transaction(update: &SubscribeUpdate) -> bool {
    matches!(update.update_oneof, Some(UpdateOneof::Transaction(_)))
}

/// Slots as a bad node streams them: every fifth transaction is dropped, every seventh slot has no block, every third
/// slot comes twice, and within each all is shuffled.
fn damaged(slots: Vec<Vec<SubscribeUpdate>>, random: &mut fastrand::Rng) -> Vec<SubscribeUpdate> {
    let count = slots.len();
    let mut transactions = 0;
    let mut updates = Vec::new();
    for (at, mut slot) in slots.into_iter().enumerate() {
        slot.retain(|update| {
            transactions += usize::from(is_transaction(update));
            !is_transaction(update) || transactions % 5 != 0
        });
        if at % 7 == 4 && at + 1 != count {
            slot.retain(is_transaction);
        }
        if at % 3 == 1 {
            slot.extend(slot.clone());
        }
        random.shuffle(&mut slot);
        updates.extend(slot);
    }
    updates
}

/// Cut in the middle of the recording, then streamed again from a little before the cut.
fn cut_and_damaged(world: &World, seed: u64) -> Vec<Script> {
    let mut random = fastrand::Rng::with_seed(seed);
    let half = world.slots().len() / 2;
    let mut broken = send(damaged(world.stream(0, half), &mut random));
    broken.push(Step::Fail(tonic::Status::unavailable("the node restarts")));
    let after = damaged(world.stream(half - OVERLAP, usize::MAX), &mut random);
    vec![broken, then_hang(after)]
}

async fn until(live: &LiveSource<SolanaSource>, what: &str, wanted: impl Fn(&StreamStatus) -> bool) {
    let reached = async {
        while !wanted(&live.stream_status()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, reached).await;
    assert!(in_time.is_ok(), "not {what}: {:?}", live.stream_status());
}

/// The rows of a live source that has read its whole stream, and what became of the stream.
async fn streamed(
    recorded: &Recorded,
    world: &World,
    scripts: Vec<Script>,
    ranges: &[(u64, u64)],
) -> (Batch, StreamStatus, u64) {
    let connections = scripts.len() as u64;
    let updates: u64 = scripts
        .iter()
        .flatten()
        .filter(|step| matches!(step, Step::Send(_)))
        .count() as u64;
    let mock = Mock::start(scripts).await;
    let live = Arc::new(LiveSource::new(Arc::new(recorded.source()), config(&mock)));
    let stop = CancellationToken::new();
    let following = tokio::spawn(live.clone().follow(stop.clone()));
    until(&live, "live at the end", |status| {
        status.state == StreamState::Live
            && status.head == Some(world.head())
            && status.reconnects_total + 1 == connections
    })
    .await;
    let mut sent = mock.state.sent.subscribe();
    let all = sent.wait_for(|sent| *sent >= updates);
    tokio::time::timeout(PATIENCE, all)
        .await
        .expect("all sent")
        .expect("a server");
    let batch = recorded.rows(&*live, ranges).await;
    stop.cancel();
    tokio::time::timeout(PATIENCE, following)
        .await
        .expect("stops")
        .expect("no panic");
    let fetched = live.rpc().counters().transactions_fetched;
    (batch, live.stream_status(), fetched)
}

#[tokio::test]
async fn gaps_repetitions_and_a_cut_end_with_the_stored_rows_of_the_rpc_source() {
    let (world, recorded) = (World::load(), Recorded::serve().await);
    for (seed, slots_per_range, downwards) in [(1, 1_000, false), (2, 7, false), (3, 7, true), (4, 40, true)] {
        let ranges = recorded.ranges(&world, slots_per_range, downwards);
        let rpc = recorded.source();
        let expected = recorded.rows(&rpc, &ranges).await;
        assert_eq!(positioned(&expected), 0, "the RPC tells no positions");
        let scripts = cut_and_damaged(&world, seed);
        let (got, status, fetched) = streamed(&recorded, &world, scripts, &ranges).await;
        assert_same_rows(&got, &expected);
        assert!(
            positioned(&got) > 0,
            "rows of streamed transactions know their position"
        );
        let all = rpc.counters().transactions_fetched;
        assert!(fetched > 0 && fetched < all, "{fetched} of {all} were asked of the RPC");
        assert!(
            status.saved_total > 0 && status.missed_total > 0 && status.duplicates_total > 0,
            "{status:?}"
        );
        assert!(status.gaps_total > 1 && status.reconnects_total == 1, "{status:?}");
        assert_eq!(status.conflicts_total, 0, "{status:?}");
    }
}

#[tokio::test]
async fn a_whole_stream_leaves_the_real_rpc_source_only_what_a_message_cannot_tell() {
    let (world, recorded) = (World::load(), Recorded::serve().await);
    let ranges = recorded.ranges(&world, 25, false);
    let rpc = recorded.source();
    let expected = recorded.rows(&rpc, &ranges).await;
    let everything = world.stream(0, usize::MAX).into_iter().flatten();
    let (got, status, fetched) = streamed(&recorded, &world, vec![then_hang(everything)], &ranges).await;
    assert_same_rows(&got, &expected);
    assert_eq!((status.missed_total, status.doubtful_total), (0, fetched), "{status:?}");
    assert_eq!(
        status.saved_total + fetched,
        rpc.counters().transactions_fetched,
        "{status:?}"
    );
}
