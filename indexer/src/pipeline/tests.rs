//! A sparse chain through the whole pipeline, with the real engine: a recording of Render behind a source in memory.
#![allow(clippy::unwrap_used)]

use super::plan::Cut;
use super::{Board, Chain, FirstHeight, Follower, Goal, Metrics, NetworkStatus, Settings, Shared, Vault};
use super::{check_integrity, refetch, reindex};
use crate::chain::Family;
use crate::chain::render::RenderRules;
use crate::chain::render::testing::{WORLD, raw_slots, rules};
use crate::chain::render::watch::Role;
use crate::source::{EndpointStatus, FetchError, Head, Observed, RawSlot, RawWindow, Source};
use bytes::Bytes;
use gridproof_store::archive::Archive;
use gridproof_store::client::{ClickHouse, ClickHouseConfig};
use gridproof_store::commit::Committer;
use gridproof_store::crash::CrashPoints;
use gridproof_store::engine::testing::TestEngine;
use gridproof_store::migrate;
use gridproof_store::state_db::{StageKey, StateDb};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Slots of a range: about a dozen ranges in the recording.
const RANGE_SLOTS: u64 = 15_000_000;
/// An account of the recording that is watched from the beginning or added later.
const ADDED: &str = "BJWfxxY4H9qTxJrbW6BkjaP6g5jPAW8YzyAVMrpoptTp";
const TABLES: [&str; 4] = [
    "render_slots",
    "render_transactions",
    "render_token_events",
    "render_balance_changes",
];

/// The recording, served slot by slot to whoever follows the right addresses.
#[derive(Debug)]
struct World {
    slots: Vec<(RawSlot, Vec<BTreeSet<String>>)>,
    followed: Vec<String>,
    heads: watch::Sender<u64>,
    asked: AtomicU64,
}

impl World {
    fn new(followed: Vec<String>) -> Self {
        let slots: Vec<_> = raw_slots(WORLD, "json")
            .into_iter()
            .map(|slot| {
                let keys = slot.transactions.iter().map(|one| keys(&one.body)).collect();
                (slot, keys)
            })
            .collect();
        let tip = slots.last().unwrap().0.slot + 1_000;
        Self {
            slots,
            followed,
            heads: watch::Sender::new(tip),
            asked: AtomicU64::new(0),
        }
    }

    fn tip(&self) -> u64 {
        *self.heads.borrow()
    }
}

/// Every account that a transaction names.
fn keys(body: &Bytes) -> BTreeSet<String> {
    let body: Value = serde_json::from_slice(body).unwrap();
    let loaded = &body["meta"]["loadedAddresses"];
    let lists = [
        &body["transaction"]["message"]["accountKeys"],
        &loaded["writable"],
        &loaded["readonly"],
    ];
    let all = lists.into_iter().filter_map(Value::as_array).flatten();
    all.map(|key| key.as_str().unwrap().to_owned()).collect()
}

impl Source for World {
    type Raw = RawSlot;

    async fn head(&self) -> Result<Head, FetchError> {
        Ok(Head {
            height: self.tip(),
            floor: 1,
        })
    }

    async fn fetch_range_after(&self, from: u64, to: u64, _: Option<&str>) -> Result<Vec<RawSlot>, FetchError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut found = Vec::new();
        for (slot, keys) in self
            .slots
            .iter()
            .filter(|(slot, _)| from <= slot.slot && slot.slot <= to)
        {
            let named = |keys: &BTreeSet<String>| self.followed.iter().any(|address| keys.contains(address));
            let both = slot.transactions.iter().zip(keys);
            let transactions: Vec<_> = both
                .filter(|(_, keys)| named(keys))
                .map(|(one, _)| one.clone())
                .collect();
            if !transactions.is_empty() {
                found.push(RawSlot {
                    transactions,
                    ..slot.clone()
                });
            }
        }
        if found.last().is_none_or(|last| last.slot != to) {
            found.push(RawSlot {
                slot: to,
                window: None,
                transactions: Vec::new(),
            });
        }
        let last = found.last_mut().unwrap();
        let window = RawWindow {
            from,
            to,
            block_time: last
                .transactions
                .first()
                .map_or(Some(1_790_000_000), |one| Some(one.block_time)),
            addresses: self.followed.clone(),
        };
        last.window = Some(serde_json::to_vec(&window).unwrap().into());
        Ok(found)
    }

    fn heads(&self) -> watch::Receiver<u64> {
        self.heads.subscribe()
    }

    async fn follow(self: Arc<Self>, stop: CancellationToken) {
        stop.cancelled().await;
    }

    async fn genesis(&self) -> Result<Option<Bytes>, FetchError> {
        Ok(None)
    }

    fn endpoints(&self) -> Vec<EndpointStatus> {
        Vec::new()
    }

    async fn observe(&self) -> Result<Option<Observed>, FetchError> {
        let watch = rules(WORLD).watch;
        let body = json!({
            "mint": watch.mint, "slot": self.tip(), "supply": "7", "decimals": watch.decimals, "accounts": [],
        });
        Ok(Some(Observed {
            height: self.tip(),
            time_s: 1_790_000_000,
            endpoint: "memory".into(),
            body: body.to_string().into(),
        }))
    }
}

pub(super) struct Stand {
    pub(super) client: ClickHouse,
    pub(super) state_db: StateDb,
    archive: Archive,
    pub(super) committer: Committer,
    pub(super) metrics: Metrics,
    _engine: TestEngine,
    dir: TempDir,
}

impl Stand {
    pub(super) async fn start() -> Self {
        let (engine, dir) = (TestEngine::start(), TempDir::new().unwrap());
        let client = ClickHouse::new(ClickHouseConfig {
            url: engine.url(),
            user: String::new(),
            password: String::new(),
            database: "gridproof".to_owned(),
        });
        migrate::clickhouse::up(&client).await.unwrap();
        let state_db = StateDb::open_file(&dir.path().join("state.db")).await.unwrap();
        let lease = state_db
            .acquire_writer("indexer", "test", Duration::from_secs(600))
            .await
            .unwrap();
        Self {
            archive: Archive::open_folder(&dir.path().join("archive")).unwrap(),
            committer: Committer::new(client.clone(), state_db.clone(), lease),
            metrics: Metrics::new(&prometheus::Registry::new()).unwrap(),
            client,
            state_db,
            _engine: engine,
            dir,
        }
    }

    /// The folder of the state database and the archive.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.dir.path()
    }

    pub(super) fn vault(&self, network: &str) -> Vault {
        let lease = self.committer.lease().clone();
        Vault::new(self.archive.clone(), self.state_db.clone(), lease, network)
    }

    fn shared(&self, network: &str, rules: &RenderRules, tip: u64) -> Shared<RenderRules> {
        let chain = Chain {
            network: network.to_owned(),
            chain_id: rules.chain_id.clone(),
            kind: RenderRules::KIND,
            recording: true,
            note: String::new(),
            first: FirstHeight::Height(1),
        };
        Shared {
            board: Board::new(&chain),
            vault: self.vault(network),
            chain,
            rules: rules.clone(),
            genesis: None,
            committer: self.committer.clone(),
            state_db: self.state_db.clone(),
            settings: Settings {
                cut: Cut::new(RANGE_SLOTS),
                checkpoint_heights: 1,
                goal: Goal::Height(tip),
                patience: Duration::from_secs(5),
                window_from: None,
                retry_quarantined: false,
                observe_every: Duration::from_secs(600),
            },
            metrics: self.metrics.clone(),
            crash: CrashPoints::none(),
        }
    }

    /// Follows to the tip under these rules; gives the last status and how many ranges were fetched.
    async fn follow(&self, network: &str, rules: &RenderRules) -> (NetworkStatus, u64) {
        let world = Arc::new(World::new(rules.followed()));
        let shared = self.shared(network, rules, world.tip());
        let follower = Follower::new(shared, world.clone(), CancellationToken::new());
        (follower.run().await.unwrap(), world.asked.load(Ordering::Relaxed))
    }

    /// Count and hashes of the live rows of each table.
    async fn contents(&self, network: &str) -> Vec<(u64, u64)> {
        let mut all = Vec::new();
        for table in TABLES {
            let sql = format!(
                "SELECT count() AS n, groupBitXor(row_hash) AS x FROM {table}_live WHERE network = '{network}'"
            );
            all.extend(self.client.fetch_all::<(u64, u64)>(&sql).await.unwrap());
        }
        all
    }

    async fn findings(&self, network: &str, rules: &RenderRules) -> Vec<super::Finding> {
        let status = self.state_db.status().await.unwrap();
        let stored = status.networks.iter().find(|one| one.network.name == network).unwrap();
        let report = check_integrity(rules, &self.state_db, &self.vault(network), &self.client, stored).await;
        report.unwrap().findings
    }
}

fn world() -> RenderRules {
    rules(WORLD)
}

/// The same without one account.
fn without(address: &str) -> RenderRules {
    let mut rules = world();
    // The mint would show every transaction of the account, too.
    rules.watch.follow_mint = false;
    rules.watch.accounts.retain(|account| account.address != address);
    rules
}

fn with() -> RenderRules {
    let mut rules = world();
    rules.watch.follow_mint = false;
    rules
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_without_a_state_stage_is_complete_with_its_facts() {
    let (stand, rules) = (Stand::start().await, world());
    let (status, fetched) = stand.follow("rec-a", &rules).await;
    assert!(status.is_complete(), "{status:?}");
    assert_eq!((status.state.clone(), status.facts.watermark), (None, status.tip));
    assert!(
        status.facts.watermark_time_s.is_some() && fetched > 5,
        "{fetched} {status:?}"
    );
    let contents = stand.contents("rec-a").await;
    assert!(contents.iter().all(|(rows, _)| *rows > 0), "{contents:?}");
    assert_eq!(stand.findings("rec-a", &rules).await, []);
    let (again, fetched) = stand.follow("rec-a", &rules).await;
    assert_eq!(
        (again.facts.watermark, fetched),
        (status.tip, 0),
        "nothing is fetched twice"
    );
    let observations = stand
        .state_db
        .live_ranges(&StageKey::new("rec-a", "observations"))
        .await
        .unwrap();
    assert_eq!(observations.live.segments().len(), 1);
    let observed = "SELECT count() AS n FROM render_observations_live WHERE network = 'rec-a' AND amount = 7";
    assert_eq!(
        stand.client.fetch_all::<u64>(observed).await.unwrap(),
        [1],
        "one slot is observed once"
    );
    let report = reindex(Arc::new(stand.shared("rec-a", &rules, 1)), &CancellationToken::new())
        .await
        .unwrap();
    assert!(report.finished && report.state_heights == 0);
    assert_eq!(stand.contents("rec-a").await, contents);
    assert_eq!(stand.findings("rec-a", &rules).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_roles_is_derived_again_from_the_archive_and_nothing_is_fetched() {
    let (stand, before, mut after) = (Stand::start().await, world(), world());
    for account in after
        .watch
        .accounts
        .iter_mut()
        .filter(|account| account.role == Role::PayoutWork)
    {
        account.role = Role::Grants;
    }
    stand.follow("rec-a", &before).await;
    let classes =
        "SELECT countIf(class = 'node_work_reward') AS n FROM render_token_events_live WHERE network = 'rec-a'";
    assert!(stand.client.fetch_all::<u64>(classes).await.unwrap()[0] > 0);
    let old = stand.contents("rec-a").await;
    let (status, fetched) = stand.follow("rec-a", &after).await;
    assert_eq!((fetched, status.advice.clone(), status.is_complete()), (0, None, true));
    assert_eq!(stand.client.fetch_all::<u64>(classes).await.unwrap(), [0]);
    assert_eq!(stand.findings("rec-a", &after).await, []);
    // Back again: the rows of the first generation are superseded, so they are derived once more.
    stand.follow("rec-a", &before).await;
    assert_eq!(stand.contents("rec-a").await, old);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_not_followed_is_announced_and_fetched_on_request() {
    let stand = Stand::start().await;
    let (status, _) = stand.follow("rec-a", &without(ADDED)).await;
    assert_eq!(status.advice, None);
    let (status, fetched) = stand.follow("rec-a", &with()).await;
    let advice = status.advice.unwrap();
    assert!(
        advice.contains(ADDED) && advice.contains("gridproof reindex --network rec-a --refetch"),
        "{advice}"
    );
    assert_eq!(fetched, 0, "only the command fetches");
    let source = Arc::new(World::new(with().followed()));
    let shared = Arc::new(stand.shared("rec-a", &with(), source.tip()));
    let report = refetch(shared, source.clone(), &CancellationToken::new())
        .await
        .unwrap();
    assert!(report.finished && report.facts_heights > 0 && source.asked.load(Ordering::Relaxed) > 5);
    let (status, fetched) = stand.follow("rec-a", &with()).await;
    assert_eq!((status.advice, fetched), (None, 0));
    stand.follow("rec-b", &with()).await;
    assert_eq!(
        stand.contents("rec-a").await,
        stand.contents("rec-b").await,
        "as if it had always been followed"
    );
    assert_eq!(stand.findings("rec-a", &with()).await, []);
}
