//! Streams that are refused, break, lie or say nothing: the RPC goes on alone, and the rows are the same.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gridproof_indexer::source::solana::yellowstone::StreamState;
use gridproof_indexer::source::{EndpointState, FetchError, Source};
use tonic::{Code, Status};
use yellowstone_grpc_proto::geyser::subscribe_update::UpdateOneof;
use yellowstone_grpc_proto::geyser::{SlotStatus, SubscribeReplayInfoResponse, SubscribeUpdate};

use super::bench::{Bench, config, everything, then_hang};
use super::mock::{Mock, Step, send};
use super::world::{World, block, hash, ping, status};

#[tokio::test]
async fn a_refused_replay_is_asked_for_once_and_then_left_out() {
    let world = Arc::new(World::load());
    for code in [
        Code::OutOfRange,
        Code::Internal,
        Code::InvalidArgument,
        Code::Unimplemented,
    ] {
        let refusal = Step::Fail(Status::new(code, "replay from this slot is not available"));
        let mock = Mock::start(vec![vec![refusal], then_hang(everything(&world))]).await;
        let mut config = config(&mock);
        config.durable_slot = Some(world.slots()[10]);
        let bench = Bench::with(&world, mock, config, |_| {}).follow();
        bench.until_live_at(world.head()).await;
        bench.assert_rows(6).await;
        assert_eq!(
            bench.mock.asked_from(),
            [Some(world.slots()[10] - 32), None],
            "{code:?}"
        );
        assert_eq!(bench.stop().await.errors_total, 0, "it is no error");
    }
}

#[tokio::test]
async fn replay_begins_where_the_server_says_that_it_can() {
    let world = Arc::new(World::load());
    let durable = world.slots()[10];
    for (first, expected) in [
        (Some(durable - 5), Some(durable - 5)),
        (Some(1), Some(durable - 32)),
        (None, None),
    ] {
        let mock = Mock::start(vec![then_hang(everything(&world))]).await;
        *mock.state.replay.lock().unwrap() = Some(SubscribeReplayInfoResponse { first_available: first });
        let mut config = config(&mock);
        config.durable_slot = Some(durable);
        let bench = Bench::with(&world, mock, config, |_| {}).follow();
        bench.until_live_at(world.head()).await;
        assert_eq!(bench.mock.asked_from(), [expected]);
        bench.stop().await;
    }
}

#[tokio::test]
async fn the_subscription_asks_for_finalized_transactions_of_the_followed_accounts() {
    let world = Arc::new(World::load());
    let bench = Bench::new(&world, vec![then_hang(everything(&world))]).await.follow();
    bench.until_subscribed(1).await;
    let request = bench.mock.state.requests.lock().unwrap()[0].clone();
    let transactions = &request.transactions["gridproof"];
    assert_eq!(request.commitment, Some(2));
    assert_eq!(transactions.account_include, world.followed);
    assert_eq!((transactions.vote, transactions.failed), (Some(false), None));
    assert_eq!(request.slots["gridproof"].filter_by_commitment, Some(true));
    assert_eq!(request.blocks_meta.len(), 1);
    assert!(request.blocks.is_empty() && request.accounts.is_empty() && request.entry.is_empty());
    bench.stop().await;
}

#[tokio::test]
async fn a_silent_stream_leaves_everything_to_the_rpc_and_comes_back() {
    let world = Arc::new(World::load());
    let half: Vec<SubscribeUpdate> = world.stream(0, world.slots().len() / 2).into_iter().flatten().collect();
    let mock = Mock::start(vec![then_hang(half)]).await;
    let mut config = config(&mock);
    config.limits.silence = Duration::from_millis(100);
    let bench = Bench::with(&world, mock, config, |_| {}).follow();
    let silent = bench.until("silent", |s| s.errors_total > 0).await;
    assert!(silent.last_error.unwrap().contains("no new block"));
    bench.assert_rows(6).await;
    let rest = world.stream(world.slots().len() / 2, usize::MAX).into_iter().flatten();
    bench.mock.always(then_hang(rest));
    bench.until("back", |s| s.head == Some(world.head())).await;
    bench.stop().await;
}

#[tokio::test]
async fn pings_are_answered_and_are_no_sign_of_life() {
    let world = Arc::new(World::load());
    let mut script = send([ping()]);
    script.push(Step::WaitForPong);
    script.extend(then_hang(everything(&world)));
    let bench = Bench::new(&world, vec![script]).await.follow();
    bench.until_live_at(world.head()).await;
    bench.stop().await;

    let mock = Mock::start(vec![vec![Step::PingForEver]]).await;
    let mut config = config(&mock);
    config.limits.silence = Duration::from_millis(60);
    let bench = Bench::with(&world, mock, config, |_| {}).follow();
    let status = bench.until("silent", |s| s.errors_total > 0).await;
    assert!(status.last_error.unwrap().contains("no new block"));
    bench.stop().await;
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_stream_and_changes_no_row() {
    let world = Arc::new(World::load());
    let mock = Mock::start((0..3).map(|_| then_hang(everything(&world))).collect()).await;
    let mut config = config(&mock);
    config.limits.max_message_bytes = 1_500;
    let bench = Bench::with(&world, mock, config, |_| {}).follow();
    let status = bench.until("too large", |s| s.errors_total > 0).await;
    assert!(status.last_error.unwrap().contains("too large"));
    bench.assert_rows(6).await;
    bench.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_a_refusal_and_the_right_one_is_sent_with_every_call() {
    let world = Arc::new(World::load());
    let mock = Mock::start_with(vec![then_hang(everything(&world))], Some("right"), "14.0.1").await;
    let mut wrong = config(&mock);
    wrong.x_token = Some("wrong".to_owned());
    let bench = Bench::with(&world, mock, wrong, |_| {}).follow();
    let refused = bench.until("refused", |s| s.errors_total > 0).await;
    let text = refused.last_error.unwrap();
    assert!(
        text.contains("wrong x-token") && text.contains("check the x-token"),
        "{text}"
    );
    bench.assert_rows(6).await;
    let endpoints = bench.live.endpoints();
    assert_eq!(endpoints[0].state, EndpointState::Resting);
    bench.stop().await;

    let mock = Mock::start_with(vec![then_hang(everything(&world))], Some("right"), "14.0.1").await;
    let mut right = config(&mock);
    right.x_token = Some("right".to_owned());
    let bench = Bench::with(&world, mock, right, |_| {}).follow();
    bench.until_live_at(world.head()).await;
    bench.assert_rows(6).await;
    let endpoints = bench.live.endpoints();
    assert_eq!(
        (endpoints[0].state, endpoints[0].tip),
        (EndpointState::Ready, Some(world.head()))
    );
    bench.stop().await;
}

#[tokio::test]
async fn another_commitment_than_finalized_is_refused() {
    let world = Arc::new(World::load());
    for other in [
        SlotStatus::SlotProcessed,
        SlotStatus::SlotConfirmed,
        SlotStatus::SlotDead,
    ] {
        let bench = Bench::new(&world, vec![then_hang([status(7, other)])]).await.follow();
        let refused = bench.until("refused", |s| s.errors_total > 0).await;
        assert!(refused.last_error.unwrap().contains("only finalized"));
        bench.assert_rows(20).await;
        bench.stop().await;
    }
}

#[tokio::test]
async fn an_endpoint_that_contradicts_itself_about_a_finalized_slot_is_named_and_left() {
    let world = Arc::new(World::load());
    let slot = world.slots()[3];
    let mut other = block(slot, world.slots()[2], None);
    if let Some(UpdateOneof::BlockMeta(meta)) = &mut other.update_oneof {
        meta.blockhash = hash(999);
    }
    let mut updates = everything(&world);
    updates.push(other);
    let bench = Bench::new(&world, vec![then_hang(updates)]).await.follow();
    let conflict = bench.until("in conflict", |s| s.conflicts_total == 1).await;
    let text = conflict.last_error.unwrap();
    assert!(
        text.contains(&bench.mock.url) && text.contains(&format!("slot {slot}")),
        "{text}"
    );
    bench.assert_rows(6).await;
    assert_eq!(
        bench.rpc.asked_bodies(),
        world.transactions.len() as u64,
        "nothing that it said is used"
    );
    bench.stop().await;
}

#[tokio::test]
async fn a_transaction_with_two_contents_is_a_conflict() {
    let world = Arc::new(World::load());
    let mut updates = everything(&world);
    let is_transaction = |u: &&SubscribeUpdate| matches!(u.update_oneof, Some(UpdateOneof::Transaction(_)));
    let mut other = updates.iter().rfind(is_transaction).unwrap().clone();
    if let Some(UpdateOneof::Transaction(transaction)) = &mut other.update_oneof {
        transaction.transaction.as_mut().unwrap().meta.as_mut().unwrap().fee += 1;
    }
    updates.push(other);
    let bench = Bench::new(&world, vec![then_hang(updates)]).await.follow();
    let conflict = bench.until("in conflict", |s| s.conflicts_total == 1).await;
    assert!(conflict.last_error.unwrap().contains("twice with different content"));
    bench.assert_rows(6).await;
    bench.stop().await;
}

#[tokio::test]
async fn a_transaction_that_failed_for_one_and_succeeded_for_the_other_is_an_error() {
    let world = Arc::new(World::load());
    let mut updates = everything(&world);
    for update in &mut updates {
        if let Some(UpdateOneof::Transaction(transaction)) = &mut update.update_oneof {
            transaction.transaction.as_mut().unwrap().meta.as_mut().unwrap().err = None;
        }
    }
    let bench = Bench::new(&world, vec![then_hang(updates)]).await.follow();
    bench.until_streamed(world.transactions.len()).await;
    let error = bench.live.fetch_range(0, world.head()).await.unwrap_err();
    assert!(matches!(error, FetchError::Disagreement { .. }), "{error}");
    assert!(error.to_string().contains(&bench.mock.url));
    bench.stop().await;
}

#[tokio::test]
async fn hostile_updates_end_the_stream_with_a_reason_and_change_no_row() {
    type Spoil = fn(&mut yellowstone_grpc_proto::geyser::SubscribeUpdateTransactionInfo);
    let world = Arc::new(World::load());
    let cases: [(&str, Spoil); 4] = [
        ("meta is missing", |t| t.meta = None),
        ("instead of 64", |t| t.signature.truncate(10)),
        ("account 200 of", |t| {
            t.transaction.as_mut().unwrap().message.as_mut().unwrap().instructions[0].accounts = vec![200];
        }),
        ("more than 256", |t| {
            t.transaction.as_mut().unwrap().message.as_mut().unwrap().account_keys = vec![vec![0; 32]; 100_000];
        }),
    ];
    for (reason, spoil) in cases {
        let mut updates = everything(&world);
        if let Some(UpdateOneof::Transaction(transaction)) = &mut updates[0].update_oneof {
            spoil(transaction.transaction.as_mut().unwrap());
        }
        let bench = Bench::new(&world, vec![then_hang(updates)]).await.follow();
        let status = bench.until("ended", |s| s.errors_total > 0).await;
        let text = status.last_error.unwrap();
        assert!(text.contains(reason), "{text}");
        bench.assert_rows(20).await;
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_always_breaks_is_not_hammered() {
    let world = Arc::new(World::load());
    let broken = || vec![Step::Fail(Status::unavailable("down"))];
    let mock = Mock::start((0..1_000).map(|_| broken()).collect()).await;
    let config = config(&mock);
    let (first, begun) = (config.limits.first_pause, Instant::now());
    let bench = Bench::with(&world, mock, config, |_| {}).follow();
    let status = bench.until("tried often", |s| s.errors_total >= 8).await;
    // Each pause is at least half of the first one, and they grow: eight attempts took seven pauses.
    assert!(begun.elapsed() >= first / 2 * 7, "{status:?}");
    assert!(matches!(status.state, StreamState::Broken | StreamState::Connecting));
    bench.assert_rows(20).await;
    bench.stop().await;
}
