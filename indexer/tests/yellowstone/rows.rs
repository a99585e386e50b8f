//! Streams in every disorder, and the rows of the RPC source each time.

use std::collections::BTreeSet;
use std::sync::Arc;

use gridproof_indexer::source::{FetchError, Source};
use yellowstone_grpc_proto::geyser::SubscribeUpdate;
use yellowstone_grpc_proto::geyser::subscribe_update::UpdateOneof;

use super::bench::{Bench, alone, assert_same, everything, then_hang};
use super::mock::{Step, send};
use super::world::World;

fn is_transaction(update: &SubscribeUpdate) -> bool {
    matches!(update.update_oneof, Some(UpdateOneof::Transaction(_)))
}

/// Transactions without token balances, though a token program runs: the stream cannot tell for certain.
fn doubtful(world: &World) -> u64 {
    let empty = |t: &&super::world::Recorded| {
        let meta = &t.json["meta"];
        let none = |list: &serde_json::Value| list.as_array().is_some_and(Vec::is_empty);
        none(&meta["preTokenBalances"]) && none(&meta["postTokenBalances"])
    };
    world.transactions.iter().filter(empty).count() as u64
}

#[tokio::test]
async fn a_whole_stream_gives_the_rows_of_the_rpc_and_saves_its_bodies() {
    let world = Arc::new(World::load());
    let bench = Bench::new(&world, vec![then_hang(everything(&world))]).await.follow();
    bench.until_live_at(world.head()).await;
    bench.until_streamed(world.transactions.len()).await;
    let rows = bench.rows(7).await;
    assert_same(&rows, &alone(&world, 7).await);
    let streamed = rows.iter().flat_map(|slot| &slot.transactions);
    assert!(
        streamed.clone().all(|transaction| transaction.tx_index.is_some()),
        "a stream tells positions"
    );
    assert_eq!(bench.rpc.asked_bodies(), doubtful(&world));
    let status = bench.stop().await;
    assert_eq!(
        status.saved_total + status.doubtful_total,
        world.transactions.len() as u64
    );
    assert_eq!(
        (status.missed_total, status.duplicates_total, status.reconnects_total),
        (0, 0, 0)
    );
    assert_eq!(status.buffered_kib, 0, "what was taken is gone");
}

#[tokio::test]
async fn transactions_that_the_stream_drops_come_from_the_rpc_and_are_counted() {
    let world = Arc::new(World::load());
    let mut seen = 0;
    let mut dropped = 0_u64;
    let updates = everything(&world).into_iter().filter(|update| {
        if !is_transaction(update) {
            return true;
        }
        seen += 1;
        // The first slot has no link, so that nobody knows what it should have had.
        let drop = seen > 3 && seen % 3 == 0;
        dropped += u64::from(drop);
        !drop
    });
    let updates: Vec<SubscribeUpdate> = updates.collect();
    let bench = Bench::new(&world, vec![then_hang(updates)]).await.follow();
    bench.until_live_at(world.head()).await;
    bench.assert_rows(5).await;
    assert_eq!(bench.stop().await.missed_total, dropped);
}

#[tokio::test]
async fn blocks_that_the_stream_drops_are_gaps_and_change_no_row() {
    let world = Arc::new(World::load());
    let slots = world.stream(0, usize::MAX);
    let count = slots.len();
    let kept = slots
        .into_iter()
        .enumerate()
        .filter(|(at, _)| at % 4 != 2 || at + 1 == count);
    let updates: Vec<SubscribeUpdate> = kept.flat_map(|(_, slot)| slot).collect();
    let bench = Bench::new(&world, vec![then_hang(updates)]).await.follow();
    bench.until_live_at(world.head()).await;
    bench.assert_rows(6).await;
    let status = bench.stop().await;
    assert!(status.gaps_total as usize >= count / 4);
    assert_eq!(status.missed_total, 0, "nobody said that these slots were streamed");
}

#[tokio::test]
async fn disorder_and_repetition_within_slots_change_no_row() {
    let world = Arc::new(World::load());
    let mut random = fastrand::Rng::with_seed(41);
    let mut repeated = 0_u64;
    let mut updates = Vec::new();
    for mut slot in world.stream(0, usize::MAX) {
        let again: Vec<SubscribeUpdate> = slot.iter().filter(|u| is_transaction(u)).cloned().collect();
        repeated += again.len() as u64;
        slot.extend(again);
        random.shuffle(&mut slot);
        updates.extend(slot);
    }
    let bench = Bench::new(&world, vec![then_hang(updates)]).await.follow();
    bench.until_live_at(world.head()).await;
    bench
        .until("all duplicates seen", |s| s.duplicates_total == repeated)
        .await;
    bench.assert_rows(4).await;
    assert_eq!(bench.stop().await.missed_total, 0);
}

#[tokio::test]
async fn slots_in_any_order_change_no_row() {
    let world = Arc::new(World::load());
    let mut slots = world.stream(0, usize::MAX);
    fastrand::Rng::with_seed(5).shuffle(&mut slots);
    let bench = Bench::new(&world, vec![then_hang(slots.into_iter().flatten())])
        .await
        .follow();
    bench.until_streamed(world.transactions.len()).await;
    bench.until_live_at(world.head()).await;
    bench.assert_rows(9).await;
    assert_eq!(bench.stop().await.missed_total, 0);
}

#[tokio::test]
async fn a_cut_stream_that_is_replayed_with_an_overlap_gives_each_row_once() {
    let world = Arc::new(World::load());
    let slots = world.slots();
    let half = slots.len() / 2;
    let before: Vec<SubscribeUpdate> = world.stream(0, half).into_iter().flatten().collect();
    let after: Vec<SubscribeUpdate> = world.stream(half - 3, usize::MAX).into_iter().flatten().collect();
    let mut broken = send(before);
    broken.push(Step::Fail(tonic::Status::unavailable("the node restarts")));
    let bench = Bench::new(&world, vec![broken, then_hang(after)]).await.follow();
    bench.until_live_at(world.head()).await;
    bench.until("the overlap seen", |s| s.duplicates_total > 3).await;
    bench.assert_rows(5).await;
    assert_eq!(bench.mock.asked_from(), [None, Some(slots[half - 1] - 32)]);
    let status = bench.stop().await;
    assert_eq!((status.reconnects_total, status.missed_total), (1, 0));
    assert!(status.last_error.unwrap().contains("the node restarts"));
}

#[tokio::test]
async fn lists_without_times_are_completed_by_the_blocks_of_the_stream() {
    let world = Arc::new(World::load());
    let mock = super::mock::Mock::start(vec![then_hang(everything(&world))]).await;
    let config = super::bench::config(&mock);
    let bench = Bench::with(&world, mock, config, |rpc| rpc.lists_times = false).follow();
    bench.until_live_at(world.head()).await;
    bench.until_streamed(world.transactions.len()).await;
    bench.assert_rows(5).await;
    assert_eq!(bench.rpc.times.load(std::sync::atomic::Ordering::Relaxed), 0);
    bench.stop().await;
}

#[tokio::test]
async fn lists_whose_times_are_a_second_off_do_not_change_the_times_of_rows() {
    let world = Arc::new(World::load());
    let mock = super::mock::Mock::start(vec![then_hang(everything(&world))]).await;
    let config = super::bench::config(&mock);
    let bench = Bench::with(&world, mock, config, |rpc| rpc.lists_late_s = 1).follow();
    bench.until_live_at(world.head()).await;
    bench.until_streamed(world.transactions.len()).await;
    bench.assert_rows(5).await;
    let asked = bench.rpc.times.load(std::sync::atomic::Ordering::Relaxed);
    assert!(asked > 0 && asked <= world.slots().len() as u64, "{asked}");
    assert_eq!(bench.stop().await.conflicts_total, 0);
}

#[tokio::test]
async fn a_time_of_the_stream_that_the_rpc_contradicts_is_an_error_that_names_both() {
    let world = Arc::new(World::load());
    let mut updates = everything(&world);
    for update in &mut updates {
        if let Some(UpdateOneof::BlockMeta(meta)) = &mut update.update_oneof {
            meta.block_time.as_mut().unwrap().timestamp += 1;
        }
    }
    let bench = Bench::new(&world, vec![then_hang(updates)]).await.follow();
    bench.until_live_at(world.head()).await;
    bench.until_streamed(world.transactions.len()).await;
    let error = bench.live.fetch_range(0, world.head()).await.unwrap_err();
    assert!(matches!(error, FetchError::Disagreement { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains(super::rpc::NAME) && text.contains(&bench.mock.url),
        "{text}"
    );
    assert_eq!(bench.stop().await.conflicts_total, 1);
}

#[tokio::test]
async fn a_time_that_neither_tells_is_asked_of_the_rpc_once_for_each_slot() {
    let world = Arc::new(World::load());
    let mut updates = everything(&world);
    for update in &mut updates {
        if let Some(UpdateOneof::BlockMeta(meta)) = &mut update.update_oneof {
            meta.block_time = None;
        }
    }
    let mock = super::mock::Mock::start(vec![then_hang(updates)]).await;
    let config = super::bench::config(&mock);
    let bench = Bench::with(&world, mock, config, |rpc| rpc.lists_times = false).follow();
    bench.until_live_at(world.head()).await;
    bench.until_streamed(world.transactions.len()).await;
    bench.assert_rows(5).await;
    let asked = bench.rpc.times.load(std::sync::atomic::Ordering::Relaxed);
    let slots: BTreeSet<u64> = world.slots().into_iter().collect();
    assert!(asked > 0 && asked <= slots.len() as u64, "{asked}");
    bench.stop().await;
}

#[tokio::test]
async fn a_server_that_cannot_tell_versions_apart_is_asked_for_nothing_that_may_be_v1() {
    let world = Arc::new(World::load());
    let mock = super::mock::Mock::start_with(vec![then_hang(everything(&world))], None, "11.0.0").await;
    let config = super::bench::config(&mock);
    let bench = Bench::with(&world, mock, config, |_| {}).follow();
    bench.until_live_at(world.head()).await;
    bench.until_streamed(world.transactions.len()).await;
    bench.assert_rows(5).await;
    let versioned = world.transactions.iter().filter(|t| t.json["version"] == 0);
    let unsure = versioned
        .filter(|t| {
            t.json["meta"]["loadedAddresses"]["writable"]
                .as_array()
                .unwrap()
                .is_empty()
        })
        .count();
    assert!(bench.stop().await.doubtful_total >= unsure as u64 && unsure > 0);
}
