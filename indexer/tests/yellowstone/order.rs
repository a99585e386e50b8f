//! Subscribe first, then fill; heads early, but never beyond what the RPC can confirm.

use std::sync::Arc;
use std::time::Duration;

use gridproof_indexer::source::{FetchError, Source};

use super::bench::{Bench, alone, assert_same, config, everything, then_hang};
use super::mock::Mock;
use super::rpc::NAME;
use super::world::World;
use gridproof_indexer::chain::render::decode::decode_slot;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn nothing_is_fetched_before_the_subscription_is_accepted() {
    let world = Arc::new(World::load());
    let bench = Bench::new(&world, vec![then_hang(everything(&world))]).await;
    let (live, stop) = (bench.live.clone(), CancellationToken::new());
    let fetch = async {
        let head = live.head().await.expect("a head");
        live.fetch_range(0, head.height).await.expect("a range");
        stop.cancel();
    };
    // Both at once: following is polled first and closes the gate before anything is asked.
    tokio::join!(biased; live.clone().follow(stop.clone()), fetch);
    let journal = bench.mock.state.journal.lock().unwrap();
    assert_eq!(journal[0], "subscribe", "{journal:?}");
    assert!(journal.iter().any(|entry| entry.starts_with("list")));
}

#[tokio::test]
async fn a_first_attempt_that_fails_opens_the_way_for_the_rpc() {
    let world = Arc::new(World::load());
    let mock = Mock::start(Vec::new()).await;
    let mut config = config(&mock);
    // Port 9 of loopback: nobody listens there.
    config.endpoint = "http://127.0.0.1:9".to_owned();
    let bench = Bench::with(&world, mock, config, |_| {}).follow();
    bench.assert_rows(6).await;
    let mut heads = bench.live.heads();
    heads.wait_for(|head| *head == world.head()).await.unwrap();
    let status = bench.until("broken", |s| s.errors_total > 0).await;
    assert!(status.last_error.unwrap().contains("http://127.0.0.1:9"));
    bench.stop().await;
}

#[tokio::test]
async fn a_streamed_head_is_announced_early_and_fetched_when_the_rpc_has_it() {
    let world = Arc::new(World::load());
    let slots = world.slots();
    let behind = slots[slots.len() - 3];
    let mock = Mock::start(vec![then_hang(everything(&world))]).await;
    let config = config(&mock);
    let bench = Bench::with(&world, mock, config, |rpc| {
        rpc.head.send_replace(behind);
    })
    .follow();
    let mut heads = bench.live.heads();
    heads.wait_for(|head| *head == world.head()).await.unwrap();
    assert_eq!(
        bench.live.head().await.unwrap().height,
        behind,
        "only the RPC says what can be fetched now"
    );
    let live = bench.live.clone();
    let (from, to) = (behind + 1, world.head());
    let fetching = tokio::spawn(async move { live.fetch_range(from, to).await });
    // It asks again and again until the node has finalized the slot.
    bench.rpc.lists.subscribe().wait_for(|n| *n >= 3).await.unwrap();
    bench.rpc.head.send_replace(to);
    let got = fetching.await.unwrap().expect("the range");
    let got: Vec<_> = got.iter().map(|raw| decode_slot(raw).unwrap()).collect();
    let all = alone(&world, slots.len()).await;
    let expected = &all[all.len() - got.len()..];
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].transactions.len(), expected[0].transactions.len());
    assert_same(&got[..1], &expected[..1]);
    bench.stop().await;
}

#[tokio::test]
async fn a_slot_that_nobody_announced_is_not_waited_for() {
    let world = Arc::new(World::load());
    let bench = Bench::new(&world, vec![then_hang(everything(&world))]).await.follow();
    bench.until_live_at(world.head()).await;
    let error = bench.live.fetch_range(0, world.head() + 1).await.unwrap_err();
    assert!(matches!(error, FetchError::NotYet { .. }), "{error}");
    bench.stop().await;
}

#[tokio::test]
async fn a_block_a_day_ahead_of_the_rpc_is_not_believed() {
    let world = Arc::new(World::load());
    let mock = Mock::start(vec![then_hang([super::world::block(u64::MAX - 1, 5, Some(5))])]).await;
    let config = config(&mock);
    let bench = Bench::with(&world, mock, config, |_| {});
    bench.live.head().await.unwrap();
    let bench = bench.follow();
    let status = bench.until("refused", |s| s.errors_total > 0).await;
    assert!(status.last_error.unwrap().contains("ahead of the RPC"));
    let mut heads = bench.live.heads();
    assert_eq!(*heads.wait_for(|head| *head > 0).await.unwrap(), world.head());
    bench.stop().await;
}

#[tokio::test]
async fn what_only_the_stream_has_is_waited_for_until_the_rpc_lists_it() {
    let world = Arc::new(World::load());
    let bench = Bench::new(&world, vec![then_hang(everything(&world))]).await.follow();
    let late = world.transactions[10].signature.clone();
    bench.rpc.hidden.lock().unwrap().insert(late);
    bench.until_live_at(world.head()).await;
    bench.until_streamed(world.transactions.len()).await;
    let (live, to) = (bench.live.clone(), world.head());
    let fetching = tokio::spawn(async move { live.fetch_range(0, to).await });
    bench.rpc.lists.subscribe().wait_for(|n| *n >= 3).await.unwrap();
    assert!(!fetching.is_finished(), "it waits");
    bench.rpc.hidden.lock().unwrap().clear();
    let got: Vec<_> = fetching
        .await
        .unwrap()
        .expect("the range")
        .iter()
        .map(|raw| decode_slot(raw).unwrap())
        .collect();
    assert_same(&got, &alone(&world, world.slots().len()).await);
    bench.stop().await;
}

#[tokio::test]
async fn what_only_the_stream_has_expires_into_an_error_that_names_both() {
    let world = Arc::new(World::load());
    let mock = Mock::start(vec![then_hang(everything(&world))]).await;
    let mut config = config(&mock);
    config.limits.confirm = Duration::from_millis(20);
    let bench = Bench::with(&world, mock, config, |_| {}).follow();
    let invented = &world.transactions[10];
    bench.rpc.hidden.lock().unwrap().insert(invented.signature.clone());
    bench.until_streamed(world.transactions.len()).await;
    let error = bench.live.fetch_range(0, world.head()).await.unwrap_err();
    assert!(matches!(error, FetchError::Disagreement { .. }));
    let text = error.to_string();
    for part in [NAME, bench.mock.url.as_str(), invented.signature.as_str()] {
        assert!(text.contains(part), "{text}");
    }
    // Other ranges are not held up.
    bench
        .live
        .fetch_range(0, invented.slot - 1)
        .await
        .expect("the slots before");
    assert_eq!(bench.stop().await.conflicts_total, 1);
}
