//! A chain whose state begins with what a node answers, through the whole pipeline with the real engine. Its blocks are
//! numbers, its state is their sum.
#![allow(clippy::unwrap_used)]

mod toy;

use super::*;
use crate::pipeline::tests::Stand;
use crate::pipeline::{Board, Chain, Cut, Finding, Follower, Goal, NetworkStatus, Settings, check_integrity, reindex};
use gridproof_store::crash::CrashPoints;
use gridproof_store::state_db::StageKey;
use std::sync::atomic::Ordering;
use std::time::Duration;
use toy::{CHAIN, Mood, Node, TIP, ToyChain, ToyRules, sum};

const NETWORK: &str = "toy";
/// Height of the snapshots.
const H0: u64 = 50;

/// A stand with the table of the toy.
async fn stand() -> Stand {
    let stand = Stand::start().await;
    stand.client.execute(toy::TABLE_SQL).await.unwrap();
    stand
}

fn shared(stand: &Stand, version: u32) -> Shared<ToyRules> {
    let chain = Chain {
        network: NETWORK.to_owned(),
        chain_id: CHAIN.to_owned(),
        kind: "toy",
        recording: false,
        note: String::new(),
        first: FirstHeight::Earliest,
    };
    Shared {
        board: Board::new(&chain),
        vault: stand.vault(NETWORK),
        chain,
        rules: ToyRules { version },
        genesis: None,
        committer: stand.committer.clone(),
        state_db: stand.state_db.clone(),
        settings: Settings {
            cut: Cut::new(8),
            checkpoint_heights: 10,
            goal: Goal::Height(TIP),
            patience: Duration::from_millis(200),
            window_from: None,
            retry_quarantined: false,
            observe_every: Duration::from_secs(600),
        },
        metrics: stand.metrics.clone(),
        crash: CrashPoints::none(),
    }
}

async fn begin(stand: &Stand, node: &Node, at: StateHeight) -> Result<BootstrapReport, PipelineError> {
    let stop = CancellationToken::new();
    let begun = bootstrap(&Arc::new(shared(stand, 1)), node, at, &|_| {}, &stop).await;
    begun.map(Option::unwrap)
}

async fn follow(stand: &Stand, version: u32, node: Option<Arc<Node>>, chain: ToyChain) -> NetworkStatus {
    let node = node.map(|node| node as Arc<dyn StateNode>);
    let follower = Follower::new(shared(stand, version), Arc::new(chain), CancellationToken::new());
    follower.beginning_with(node).run().await.unwrap()
}

/// Height, `tx_index` and sum of every row of the newest generation, without `FINAL`.
async fn rows(stand: &Stand) -> Vec<(u64, i32, u64)> {
    let newest = "generation = (SELECT max(generation) FROM toy_sums)";
    let sql = format!("SELECT height, tx_index, value FROM toy_sums WHERE {newest} ORDER BY height");
    stand.client.fetch_all(&sql).await.unwrap()
}

/// What a snapshot at `from` and all blocks after it give.
fn expected(from: u64) -> Vec<(u64, i32, u64)> {
    (from..=TIP)
        .map(|height| (height, if height == from { -3 } else { -2 }, sum(height)))
        .collect()
}

async fn findings(stand: &Stand) -> Vec<Finding> {
    let status = stand.state_db.status().await.unwrap();
    let stored = &status.networks[0];
    let (rules, vault) = (ToyRules { version: 1 }, stand.vault(NETWORK));
    let report = check_integrity(&rules, &stand.state_db, &vault, &stand.client, stored).await;
    report.unwrap().findings
}

/// Nothing of the state is committed, claimed, recorded or in the archive.
async fn assert_nothing(stand: &Stand, what: &str) {
    let key = StageKey::new(NETWORK, StageKey::STATE);
    assert_eq!(stand.state_db.stage_first(&key).await.unwrap(), None, "{what}");
    assert!(
        stand.state_db.live_ranges(&key).await.unwrap().live.is_empty(),
        "{what}"
    );
    assert_eq!(stand.state_db.claimed(&key).await.unwrap(), [], "{what}");
    assert_eq!(
        stand
            .client
            .fetch_all::<u64>("SELECT count() FROM toy_sums")
            .await
            .unwrap(),
        [0],
        "{what}"
    );
    let kept = stand.vault(NETWORK).snapshot_file(H0).await.unwrap();
    assert_eq!(kept, None, "{what}");
    let blobs = stand.folder().join("archive").join(NETWORK).join("blobs");
    assert!(std::fs::read_dir(blobs).map_or(0, Iterator::count) == 0, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_begins_with_a_snapshot_and_goes_on_with_the_next_block() {
    let (stand, node) = (stand().await, Node::new(Mood::Honest));
    let report = begin(&stand, &node, StateHeight::At(H0)).await.unwrap();
    assert_eq!(
        (report.height, report.resumed, report.objects["toy_sums"]),
        (H0, false, 1)
    );
    let status = follow(&stand, 1, None, ToyChain::honest()).await;
    let state = status.state.clone().unwrap();
    assert_eq!(
        (state.complete_from, state.watermark, state.holes.len()),
        (Some(H0), Some(TIP), 0)
    );
    assert_eq!(
        (status.first, status.facts.complete_from),
        (Some(H0 + 1), Some(H0 + 1)),
        "facts begin after it"
    );
    assert!(status.is_complete(), "{status:?}");
    assert_eq!(rows(&stand).await, expected(H0), "no gap and no double");
    assert_eq!(findings(&stand).await, []);
    let again = begin(&stand, &node, StateHeight::Recent).await.unwrap_err();
    assert!(
        matches!(again, PipelineError::StateStands { from: H0, to: TIP, .. }),
        "{again}"
    );
    assert!(again.to_string().contains("verify --against-chain"), "{again}");
    assert_eq!(
        node.asked.load(Ordering::Relaxed),
        1,
        "a second one is refused before anybody is asked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_a_crash_left_is_finished_from_the_archive() {
    let (stand, node) = (stand().await, Node::new(Mood::Honest));
    let left = shared(&stand, 1);
    let raw = Arc::new(node.answer(H0));
    let file = left.vault.put_snapshot(&raw).await.unwrap();
    left.vault.record_snapshot(&file).await.unwrap();
    left.state_db
        .claim_first(left.lease(), &left.state_key(), H0, 1)
        .await
        .unwrap();
    let status = follow(&stand, 1, Some(Arc::new(Node::new(Mood::Silent))), ToyChain::honest()).await;
    assert_eq!(status.state.unwrap().watermark, Some(TIP));
    assert_eq!(rows(&stand).await, expected(H0));
    assert_eq!(findings(&stand).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_release_begins_again_with_the_archived_snapshot() {
    let (stand, node) = (stand().await, Node::new(Mood::Honest));
    begin(&stand, &node, StateHeight::At(H0)).await.unwrap();
    let mut early = shared(&stand, 1);
    early.settings.goal = Goal::Height(60);
    let follower = Follower::new(early, Arc::new(ToyChain::honest()), CancellationToken::new());
    assert_eq!(follower.run().await.unwrap().state.unwrap().watermark, Some(60));
    let status = follow(&stand, 2, Some(Arc::new(Node::new(Mood::Silent))), ToyChain::honest()).await;
    assert_eq!(
        status.state.unwrap().watermark,
        Some(TIP),
        "its checkpoints are not readable, the snapshot is"
    );
    assert_eq!(rows(&stand).await, expected(H0));
    let report = reindex(Arc::new(shared(&stand, 2)), &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!((report.finished, report.state_heights), (true, TIP - H0 + 1));
    assert_eq!(rows(&stand).await, expected(H0), "derived again, the snapshot included");
    assert_eq!(findings(&stand).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_do_not_wait_for_the_state_and_it_is_asked_for_again() {
    let stand = stand().await;
    let silent = Arc::new(Node::new(Mood::Silent));
    let status = follow(&stand, 1, Some(silent.clone()), ToyChain::honest()).await;
    assert_eq!(status.facts.watermark, Some(TIP));
    let waiting = status.waiting().unwrap();
    assert!(
        waiting.contains("no node gave the state") && waiting.contains("asleep"),
        "{waiting}"
    );
    assert!(silent.asked.load(Ordering::Relaxed) >= 1);
    let status = follow(&stand, 1, Some(Arc::new(Node::new(Mood::Honest))), ToyChain::honest()).await;
    assert!(status.is_complete() && status.waiting().is_none(), "{status:?}");
    assert_eq!(rows(&stand).await, expected(TIP - 10), "a little below the tip");
    assert_eq!(findings(&stand).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_the_state_that_was_asked_for_commits_nothing() {
    let stand = stand().await;
    for (mood, words) in [
        (Mood::Silent, "asleep"),
        (Mood::Garbage, "not a sum"),
        (Mood::OtherChain, "other-1"),
        (Mood::OtherHeight, "answered for height 51"),
    ] {
        let error = begin(&stand, &Node::new(mood), StateHeight::At(H0))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{error}");
        assert_nothing(&stand, words).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_behind_the_facts_is_not_begun_with() {
    let stand = stand().await;
    let late = Arc::new(Node::new(Mood::Late));
    let status = follow(&stand, 1, Some(late), ToyChain::honest()).await;
    let waiting = status.waiting().unwrap();
    assert!(
        waiting.contains("is behind") && waiting.contains("begin with 16"),
        "{waiting}"
    );
    assert_nothing(&stand, "late").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_of_another_history_are_not_joined_to_a_snapshot() {
    let (stand, node) = (stand().await, Node::new(Mood::Honest));
    begin(&stand, &node, StateHeight::At(H0)).await.unwrap();
    let status = follow(&stand, 1, None, ToyChain::forked()).await;
    let waiting = status.waiting().unwrap();
    assert!(waiting.contains("broken_link") && waiting.contains("51"), "{waiting}");
    assert_eq!(rows(&stand).await, expected(H0)[..1], "the snapshot alone");
}
