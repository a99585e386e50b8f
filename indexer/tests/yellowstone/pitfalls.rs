//! The pitfalls of naive indexers that concern streams.

use std::sync::Arc;
use std::time::Duration;

use gridproof_indexer::source::Source;
use gridproof_indexer::source::solana::yellowstone::SlotFact;
use yellowstone_grpc_proto::geyser::SubscribeUpdate;

use super::bench::{Bench, config, everything, then_hang};
use super::mock::{Mock, Step, send};
use super::world::{World, block};

/// A bounded channel that drops, or an unbounded one that grows: here the reader stops instead.
#[tokio::test]
async fn pitfall_13_a_full_buffer_stops_the_reader_and_loses_nothing() {
    let world = Arc::new(World::load());
    let mock = Mock::start(vec![then_hang(everything(&world))]).await;
    let mut config = config(&mock);
    config.limits.buffer_kib = 24;
    // Nothing is left to the RPC in this test.
    config.limits.stall = Duration::from_secs(3600);
    let bench = Bench::with(&world, mock, config, |_| {}).follow();
    let stopped = bench.until("stopped", |s| s.stalls_total == 1).await;
    assert!(
        stopped.streamed_total < world.transactions.len() as u64,
        "the buffer is smaller than the stream"
    );
    assert!(stopped.buffered_kib <= 24);
    // The server cannot go on either: what is on the way is bounded, too.
    let all = everything(&world).len() as u64;
    assert!(*bench.mock.state.sent.borrow() < all);
    let mut from = 0;
    for slot in world.slots() {
        bench
            .until("the slot or a stop", |s| s.head >= Some(slot) || s.buffered_kib > 16)
            .await;
        bench.live.fetch_range(from, slot).await.expect("a range");
        assert!(bench.live.stream_status().buffered_kib <= 24);
        from = slot + 1;
    }
    bench.until_live_at(world.head()).await;
    let status = bench.stop().await;
    assert_eq!(status.evicted_total, 0);
    assert!(
        status.streamed_total + status.late_total == world.transactions.len() as u64,
        "{status:?}"
    );
}

#[tokio::test]
async fn pitfall_13_slots_that_nobody_asks_for_do_not_stop_the_reader_for_ever() {
    let world = Arc::new(World::load());
    let mock = Mock::start(vec![then_hang(everything(&world))]).await;
    let mut config = config(&mock);
    config.limits.buffer_kib = 24;
    config.limits.stall = Duration::from_millis(1);
    let bench = Bench::with(&world, mock, config, |_| {}).follow();
    bench.until_live_at(world.head()).await;
    bench.assert_rows(6).await;
    let status = bench.stop().await;
    assert!(status.evicted_total > 0, "they were left to the RPC");
    assert_eq!(status.missed_total, 0, "which is not the stream's fault");
}

/// A stream knows nothing of what happened while it was cut: the RPC fills it, and only links close a gap.
#[tokio::test]
async fn pitfall_14_what_happened_while_the_stream_was_cut_comes_from_the_rpc() {
    let world = Arc::new(World::load());
    let count = world.slots().len();
    let before: Vec<SubscribeUpdate> = world.stream(0, count / 3).into_iter().flatten().collect();
    let after: Vec<SubscribeUpdate> = world.stream(2 * count / 3, count).into_iter().flatten().collect();
    let mut cut = send(before);
    cut.push(Step::Fail(tonic::Status::unavailable("cut")));
    // The server takes the replay and sends nothing of it.
    let bench = Bench::new(&world, vec![cut, then_hang(after)]).await.follow();
    bench.until_live_at(world.head()).await;
    let (lost, last) = (world.slots()[count / 2], world.slots()[count - 1]);
    assert_eq!(bench.live.slot_fact(lost), SlotFact::Unknown);
    assert!(matches!(bench.live.slot_fact(last), SlotFact::Block(Some(_))));
    assert_eq!(bench.live.slot_fact(last - 1), SlotFact::Skipped, "the link says so");
    bench.assert_rows(6).await;
    let status = bench.stop().await;
    assert!(bench_gaps(status.gaps_total) && status.missed_total == 0, "{status:?}");
}

fn bench_gaps(gaps: u64) -> bool {
    // The first block, and the first after the cut.
    gaps == 2
}

#[tokio::test]
async fn pitfall_14_a_replay_that_does_not_link_up_is_not_trusted() {
    let world = Arc::new(World::load());
    let slots = world.slots();
    let before: Vec<SubscribeUpdate> = world.stream(0, 10).into_iter().flatten().collect();
    let mut cut = send(before);
    cut.push(Step::Fail(tonic::Status::unavailable("cut")));
    // Another fork: its block names a parent that the stream had otherwise.
    let mut fork = block(slots[10], slots[9], None);
    if let Some(yellowstone_grpc_proto::geyser::subscribe_update::UpdateOneof::BlockMeta(meta)) = &mut fork.update_oneof
    {
        meta.parent_blockhash = super::world::hash(1);
    }
    let bench = Bench::new(&world, vec![cut, then_hang([fork])]).await.follow();
    let status = bench.until("in conflict", |s| s.conflicts_total == 1).await;
    assert!(status.last_error.unwrap().contains("names the parent"));
    bench.assert_rows(6).await;
    bench.stop().await;
}
