//! The head follows the chain by websocket, and by polling where there is none.
#![allow(clippy::unwrap_used)]

mod source_support;

use std::sync::Arc;
use std::time::Duration;

use gridproof_indexer::source::replay::{Fault, ReplayHandle, ReplayOptions, TipPolicy};
use gridproof_indexer::source::{Pool, Source, follow};
use source_support::{config, replay};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// An endpoint whose chain stands at height 100.
async fn standing(faults: impl Into<Vec<Fault>>) -> ReplayHandle {
    let faults = faults.into();
    replay(ReplayOptions {
        tip: TipPolicy::At(100),
        faults,
        ..ReplayOptions::default()
    })
    .await
}

struct Following {
    pool: Arc<Pool>,
    heads: watch::Receiver<u64>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

/// Follows endpoints, looking by itself only each `poll`.
fn following(endpoints: &[&ReplayHandle], poll: Duration) -> Following {
    let mut config = config(endpoints.iter().map(|e| e.url()));
    config.poll = poll;
    let pool = Arc::new(Pool::new(config).unwrap());
    let stop = CancellationToken::new();
    let task = tokio::spawn(follow(pool.clone(), stop.clone()));
    Following {
        heads: pool.heads(),
        pool,
        stop,
        task,
    }
}

impl Following {
    async fn reaches(&mut self, height: u64, within: Duration) {
        let reached = timeout(within, self.heads.wait_for(|h| *h >= height)).await;
        let head = *reached
            .unwrap_or_else(|_| panic!("still at {}", *self.pool.heads().borrow()))
            .unwrap();
        assert_eq!(head, height);
    }

    /// Waits until some endpoint is subscribed to, or none.
    async fn subscribed(&self, yes: bool) {
        let settled = async {
            while self.pool.status().iter().any(|s| s.websocket) != yes {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(5), settled).await.unwrap();
    }

    async fn end(self) {
        self.stop.cancel();
        timeout(Duration::from_secs(1), self.task).await.unwrap().unwrap();
    }
}

const NEVER: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_header_on_the_websocket_moves_the_head_without_a_poll() {
    let endpoint = standing([]).await;
    let mut following = following(&[&endpoint], NEVER);
    following.reaches(100, SOON).await;
    following.subscribed(true).await;
    for height in [101, 102, 110] {
        endpoint.set_tip(height);
        following.reaches(height, SOON).await;
    }
    following.end().await;
}

#[tokio::test]
async fn a_websocket_that_dies_leaves_polling() {
    let endpoint = standing([Fault::WebsocketDies(1)]).await;
    let mut following = following(&[&endpoint], Duration::from_millis(50));
    following.reaches(100, SOON).await;
    following.subscribed(true).await;
    for height in 101..110 {
        endpoint.set_tip(height);
        following.reaches(height, SOON).await;
    }
    following.end().await;
}

#[tokio::test]
async fn a_websocket_that_dies_is_opened_again() {
    let endpoint = standing([Fault::WebsocketDies(1)]).await;
    let mut following = following(&[&endpoint], NEVER);
    following.reaches(100, SOON).await;
    following.subscribed(true).await;
    endpoint.set_tip(101);
    following.reaches(101, SOON).await;
    // The second header of a session is never sent: the session ends instead.
    endpoint.set_tip(102);
    following.subscribed(false).await;
    following.subscribed(true).await;
    endpoint.set_tip(103);
    following.reaches(103, SOON).await;
    following.end().await;
}

#[tokio::test]
async fn without_a_websocket_the_head_is_polled() {
    let endpoint = standing([Fault::NoWebsocket]).await;
    let mut following = following(&[&endpoint], Duration::from_millis(50));
    following.reaches(100, SOON).await;
    endpoint.set_tip(105);
    following.reaches(105, SOON).await;
    assert!(!following.pool.status()[0].websocket);
    following.end().await;
}

#[tokio::test]
async fn the_head_follows_the_honest_beside_a_liar() {
    let (liar, a, b) = (
        standing([Fault::LyingTip(5_000)]).await,
        standing([]).await,
        standing([]).await,
    );
    let mut following = following(&[&liar, &a, &b], Duration::from_millis(50));
    following.reaches(100, SOON).await;
    for endpoint in [&liar, &a, &b] {
        endpoint.set_tip(120);
    }
    following.reaches(120, SOON).await;
    following.end().await;
}

#[tokio::test]
async fn a_liar_alone_is_followed_where_it_can_serve() {
    let liar = standing([Fault::LyingTip(5_000)]).await;
    let mut following = following(&[&liar], Duration::from_millis(50));
    following.reaches(100, SOON).await;
    liar.set_tip(103);
    following.reaches(103, SOON).await;
    following.end().await;
}

#[tokio::test]
async fn the_head_waits_until_the_results_of_the_newest_block_are_there() {
    let endpoint = standing([Fault::LateResults(Duration::from_millis(600))]).await;
    let mut following = following(&[&endpoint], Duration::from_millis(100));
    // The block before the newest is there at once.
    following.reaches(99, SOON).await;
    following.reaches(100, SOON).await;
    following.end().await;
}

#[tokio::test]
async fn a_growing_chain_is_followed_block_by_block() {
    let growing = TipPolicy::Growing {
        start: 300,
        every: Duration::from_millis(20),
    };
    let endpoint = replay(ReplayOptions {
        tip: growing,
        ..ReplayOptions::default()
    })
    .await;
    let mut following = following(&[&endpoint], Duration::from_millis(500));
    let reached = timeout(Duration::from_secs(10), following.heads.wait_for(|h| *h >= 350)).await;
    let head = *reached.unwrap().unwrap();
    let blocks = following.pool.fetch_range(300, head).await.unwrap();
    assert_eq!(blocks.last().unwrap().height, head);
    following.end().await;
}
