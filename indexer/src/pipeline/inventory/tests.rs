//! The supervisor over a source that is told what to answer: real engine, real series, seconds that are shorter.
#![allow(clippy::unwrap_used)]

use super::collect::Collector;
use super::discover::targets;
use super::provider::{Desk, Task};
use super::{Clock, Discovery, Inventory, InventoryGauges, InventorySettings, Known, Registered, Standing};
use crate::chain::akash::inventory::{Amount, Node, ProviderStatus, Resources};
use crate::chain::akash::provider_series::{Answer, Check, INVENTORY};
use crate::pipeline::series::testing::Case;
use crate::pipeline::{Board, Chain, FirstHeight, PipelineError, Series};
use crate::source::provider::{Refusal, RefusalCode, StatusReport, StatusSource, Via};
use futures::stream::{self, BoxStream, StreamExt};
use gridproof_store::crash::CrashPoints;
use gridproof_store::engine::testing::TestEngine;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A second of the tests of one task: what takes an hour takes some seconds.
const SECOND: Duration = Duration::from_millis(10);

/// The manners of the service, with such seconds.
fn hasty() -> InventorySettings {
    let plain = InventorySettings::default();
    let short = |time: Duration| SECOND * u32::try_from(time.as_secs()).unwrap();
    InventorySettings {
        heartbeat: short(plain.heartbeat),
        snapshot_gap: short(plain.snapshot_gap),
        first_pause: short(plain.first_pause),
        longest_pause: short(plain.longest_pause),
        steady: short(plain.steady),
        ..plain
    }
}

/// What providers do, by their address.
#[derive(Clone, Default)]
struct Script {
    /// When each attempt began, since the start.
    attempts: Arc<Mutex<Vec<(String, Duration)>>>,
    at_once: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
    began: Option<Instant>,
}

impl Script {
    fn new() -> Self {
        Self {
            began: Some(Instant::now()),
            ..Self::default()
        }
    }

    fn attempts(&self, uri: &str) -> Vec<f64> {
        let all = self.attempts.lock().unwrap();
        let of = all.iter().filter(|(one, _)| one == uri);
        of.map(|(_, at)| at.as_secs_f64() / SECOND.as_secs_f64()).collect()
    }
}

fn status(gpus: i64) -> ProviderStatus {
    ProviderStatus {
        nodes: vec![Node {
            resources: Resources {
                gpu: Amount {
                    allocatable: gpus,
                    allocated: 0,
                },
                ..Resources::default()
            },
            ..Node::default()
        }],
        ..ProviderStatus::default()
    }
}

fn report(via: Via, gpus: i64) -> StatusReport {
    StatusReport {
        via,
        status: status(gpus),
        latency: Some(Duration::from_millis(7)),
        version: Some("v0.14.0".into()),
        address: "192.0.2.1:8444".parse().unwrap(),
    }
}

fn refuse(code: RefusalCode) -> Refusal {
    Refusal::new(code, "as told")
}

impl StatusSource for Script {
    fn watch(&self, uri: &str) -> BoxStream<'static, Result<StatusReport, Refusal>> {
        let since = self.began.unwrap().elapsed();
        self.attempts.lock().unwrap().push((uri.to_owned(), since));
        let (now, most) = (self.at_once.clone(), self.most_at_once.clone());
        let dial = async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(1)).await;
            now.fetch_sub(1, Ordering::SeqCst);
        };
        let kind = uri.trim_start_matches("https://").split('.').next().unwrap().to_owned();
        let told: BoxStream<'static, _> = match kind.as_str() {
            "dead" => stream::iter([Err(refuse(RefusalCode::ConnectRefused))]).boxed(),
            "private" => stream::iter([Err(refuse(RefusalCode::AddressPrivate))]).boxed(),
            "rest" => stream::iter([Err(refuse(RefusalCode::Unimplemented))]).boxed(),
            "repeats" => stream::iter([Ok(report(Via::Stream, 1)), Err(refuse(RefusalCode::Repeats))]).boxed(),
            "floods" => stream::unfold(0i64, |number| async move {
                tokio::time::sleep(SECOND).await;
                Some((Ok(report(Via::Stream, number)), number + 1))
            })
            .boxed(),
            _ => stream::iter([Ok(report(Via::Stream, 8))])
                .chain(stream::unfold((), |()| async {
                    tokio::time::sleep(SECOND * 300).await;
                    Some((Ok(report(Via::Grpc, 8)), ()))
                }))
                .boxed(),
        };
        stream::once(dial)
            .filter_map(|()| std::future::ready(None))
            .chain(told)
            .boxed()
    }

    async fn get(&self, uri: &str) -> Result<StatusReport, Refusal> {
        match uri {
            _ if uri.contains("rest.") => Ok(report(Via::Rest, 2)),
            _ if uri.contains("repeats.") => Ok(report(Via::Grpc, 1)),
            _ => Err(refuse(RefusalCode::ConnectRefused)),
        }
    }
}

struct Providers(Vec<String>);

impl Discovery for Providers {
    async fn look(&self) -> Result<Option<Known>, PipelineError> {
        let providers = self.0.iter().enumerate().map(|(number, uri)| Registered {
            owner: format!("akash1{number:04}"),
            host_uri: uri.clone(),
            created_at: number as u64,
            attributes: Vec::new(),
        });
        Ok(Some(Known {
            height: 77,
            providers: providers.collect(),
        }))
    }

    fn moved(&self, _: u64) -> bool {
        false
    }
}

fn clock() -> Clock {
    let began = Instant::now();
    Arc::new(move || 1_790_000_000_000 + began.elapsed().as_millis() as i64)
}

fn gauges() -> InventoryGauges {
    InventoryGauges::new(&prometheus::Registry::new()).unwrap().of("akash")
}

/// One task for so many short seconds: what it handed to the collector and when it attempted, in such seconds, and where it
/// stands.
async fn told_within(uri: &str, seconds: u32) -> (Vec<(f64, Answer)>, Vec<f64>, Standing) {
    let (queue, mut lines) = mpsc::channel(4096);
    let (script, standing) = (Script::new(), Arc::new(AtomicU8::new(0)));
    let desk = Desk {
        source: script.clone(),
        dials: Arc::new(Semaphore::new(4)),
        queue,
        settings: hasty(),
        gauges: gauges(),
        clock: clock(),
    };
    let known = Providers(vec![uri.to_owned()]).look().await.unwrap().unwrap();
    let target = targets(known, 1).into_values().next().unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(Task::new(target, desk, standing.clone()).run(stop.clone()));
    tokio::time::sleep(SECOND * seconds).await;
    stop.cancel();
    task.await.unwrap();
    let mut told = Vec::new();
    while let Ok(line) = lines.try_recv() {
        let check: Check = serde_json::from_slice(&line).unwrap();
        told.push((
            (check.at_ms - 1_790_000_000_000) as f64 / SECOND.as_millis() as f64,
            check.answer,
        ));
    }
    let standing = match standing.load(Ordering::Relaxed) {
        1 => Standing::Online,
        2 => Standing::Dead,
        _ => Standing::Unknown,
    };
    (told, script.attempts(uri), standing)
}

fn code(answer: &Answer) -> &str {
    match answer {
        Answer::Alive { via, .. } => via,
        Answer::Refused { code, .. } => code,
    }
}

fn snapshots(told: &[(f64, Answer)]) -> usize {
    let has = |answer: &Answer| matches!(answer, Answer::Alive { told: Some(_), .. });
    told.iter().filter(|(_, answer)| has(answer)).count()
}

#[tokio::test]
async fn a_provider_is_offline_after_three_failed_retries_and_is_then_asked_ever_more_rarely() {
    let (told, attempts, standing) = told_within("https://dead.example", 1_400).await;
    assert_eq!(standing, Standing::Dead);
    let pauses: Vec<f64> = attempts.windows(2).map(|two| two[1] - two[0]).collect();
    for (number, expected) in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0]
        .iter()
        .enumerate()
    {
        // Never sooner. A loaded machine may be late.
        let (low, high) = (expected * 0.89, expected * 1.11 + 40.0);
        assert!((low..high).contains(&pauses[number]), "pause {number}: {pauses:?}");
    }
    // Nothing is said before the third retry, 1 + 2 + 4 seconds after the first attempt.
    assert!(
        told[0].0 >= 6.2 && told[0].0 >= attempts[3] && told[0].0 < attempts[4],
        "{told:?} {attempts:?}"
    );
    assert!(told.iter().all(|(_, answer)| code(answer) == "connect_refused"));
    let gaps: Vec<f64> = told.windows(2).map(|two| two[1].0 - two[0].0).collect();
    assert!(
        gaps.iter().all(|gap| (230.0..600.0).contains(gap)) && !gaps.is_empty(),
        "{gaps:?}"
    );
}

#[tokio::test]
async fn an_address_that_is_refused_is_not_tried_a_second_way_and_its_code_is_told() {
    let (told, _, standing) = told_within("https://private.example", 60).await;
    assert_eq!((standing, code(&told[0].1)), (Standing::Dead, "address_private"));
}

#[tokio::test]
async fn who_says_the_same_again_gives_a_snapshot_once_and_a_check_in_each_heartbeat() {
    let (told, attempts, standing) = told_within("https://calm.example", 1_350).await;
    assert_eq!((standing, attempts.len(), snapshots(&told)), (Standing::Online, 1, 1));
    assert!(
        (4..=5).contains(&told.len()),
        "one at the start, then one in five minutes: {told:?}"
    );
}

#[tokio::test]
async fn who_floods_gives_one_snapshot_a_minute_and_the_newest_one() {
    let (told, _, _) = told_within("https://floods.example", 310).await;
    assert!((4..=6).contains(&snapshots(&told)), "{}", snapshots(&told));
    assert_eq!(told.len(), snapshots(&told), "300 statuses came");
    let times: Vec<f64> = told.iter().map(|(at, _)| *at).collect();
    assert!(times.windows(2).all(|two| two[1] - two[0] >= 59.0), "{times:?}");
    let number = |answer: &Answer| match answer {
        Answer::Alive { told: Some(told), .. } => told.status.nodes[0].resources.gpu.allocatable,
        _ => panic!("{answer:?}"),
    };
    let numbers: Vec<i64> = told.iter().map(|(_, answer)| number(answer)).collect();
    assert!(
        numbers.windows(2).all(|two| two[1] - two[0] > 15),
        "not the newest one: {numbers:?}"
    );
}

#[tokio::test]
async fn who_has_no_stream_is_asked_in_another_way_and_a_stream_that_misbehaves_is_on_record() {
    let (told, attempts, standing) = told_within("https://rest.example", 1_500).await;
    assert_eq!((standing, snapshots(&told)), (Standing::Online, 1));
    assert!(told.iter().all(|(_, answer)| code(answer) == "rest"));
    assert!(
        (2..=3).contains(&attempts.len()),
        "the stream is tried again now and then: {attempts:?}"
    );
    let (told, _, standing) = told_within("https://repeats.example", 60).await;
    let codes: Vec<_> = told.iter().map(|(_, answer)| code(answer)).collect();
    assert_eq!((standing, codes), (Standing::Online, vec!["stream", "repeats", "grpc"]));
}

/// Resident memory of this process, MiB.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

fn board() -> Board {
    Board::new(&Chain {
        network: "akash".into(),
        chain_id: "akashnet-2".into(),
        kind: "akash",
        recording: false,
        note: String::new(),
        first: FirstHeight::Earliest,
    })
}

/// In a process of its own: the memory is that of the inventory alone, not of the tests beside it.
#[test]
fn five_hundred_providers_at_once_each_with_its_own_fate() {
    let child = "pipeline::inventory::tests::five_hundred_providers_in_this_process";
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args([child, "--exact", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.contains("1 passed"), "the child ran no test: {said}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the test above as a child process"]
async fn five_hundred_providers_in_this_process() {
    let engine = TestEngine::start();
    let case = Case::new(&engine, "gridproof").await;
    let home = case.home(CrashPoints::none()).await;
    let kinds = ["calm", "dead", "private", "rest", "repeats", "floods"];
    let mut uris: Vec<String> = (0..500)
        .map(|n| format!("https://{}.{n}.example:8443", kinds[n % kinds.len()]))
        .collect();
    // The last one registered the address of the first: the older owner is not asked.
    uris.push(uris[0].clone());
    let (script, stop, board) = (Script::new(), CancellationToken::new(), board());
    let inventory = Inventory {
        series: Series::open(home.clone(), INVENTORY).await.unwrap(),
        source: script.clone(),
        discovery: Providers(uris),
        settings: InventorySettings {
            flush_every: Duration::from_secs(1),
            flush_checks: 200,
            ..InventorySettings::default()
        },
        gauges: gauges(),
        board: board.clone(),
        clock: clock(),
    };
    let running = tokio::spawn(inventory.run(stop.clone()));
    tokio::time::sleep(Duration::from_secs(15)).await;
    let resident = resident_mib();
    stop.cancel();
    running.await.unwrap().unwrap();
    let shown = board.now().inventory.unwrap();
    assert_eq!((shown.total, shown.monitored), (501, 500));
    assert!(script.most_at_once.load(Ordering::SeqCst) <= 64, "dials are bounded");
    let sql = "SELECT arrayStringConcat([splitByChar('.', substring(host_uri, 9))[1], toString(outcome), toString(via)], ' ') AS s \
               FROM provider_checks_live GROUP BY s ORDER BY s";
    let fates = case.client.fetch_all::<String>(sql).await.unwrap();
    let expected = [
        "calm ok stream",
        "calm shadowed ",
        "dead connect_refused ",
        "floods ok stream",
        "private address_private ",
        "repeats ok grpc",
        "repeats ok stream",
        "repeats repeats ",
        "rest ok rest",
    ];
    // A stream that told the same before needs no second check: which of the two ways of `repeats` shows, depends on haste.
    let fates: Vec<_> = fates.into_iter().filter(|fate| fate != "repeats ok grpc").collect();
    let expected: Vec<_> = expected.into_iter().filter(|fate| *fate != "repeats ok grpc").collect();
    assert_eq!(fates, expected);
    let asked =
        "SELECT toUInt64(uniqExact(owner)) AS n FROM provider_checks_live WHERE network = 'akash' AND height = 77";
    assert_eq!(case.client.fetch_all::<u64>(asked).await.unwrap(), [501]);
    assert_eq!(
        case.findings_of(&home, INVENTORY).await,
        [],
        "rows equal those derived from the archive"
    );
    println!("resident memory with 500 providers: {resident} MiB");
    assert!(resident < 200, "{resident} MiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_entries_cannot_be_written_providers_wait_and_nothing_is_lost() {
    let engine = TestEngine::start();
    let case = Case::new(&engine, "gridproof").await;
    let home = case.home(CrashPoints::none()).await;
    let (queue, lines) = mpsc::channel(4);
    let line = |number: usize| {
        let check = Check {
            at_ms: 1_790_000_000_000 + number as i64,
            owner: format!("akash1{number}"),
            host_uri: "https://a.example".into(),
            answer: Answer::Refused {
                code: "timeout".into(),
                reason: String::new(),
            },
        };
        serde_json::to_vec(&check).unwrap()
    };
    for number in 0..4 {
        queue.try_send(line(number)).unwrap();
    }
    assert!(queue.try_send(line(4)).is_err(), "the queue is bounded");
    let collector = Collector {
        series: Series::open(home.clone(), INVENTORY).await.unwrap(),
        lines,
        height: Arc::default(),
        settings: InventorySettings {
            flush_checks: 3,
            ..InventorySettings::default()
        },
        gauges: gauges(),
    };
    let running = tokio::spawn(collector.run());
    queue.send(line(4)).await.unwrap();
    drop(queue);
    running.await.unwrap().unwrap();
    let rows = "SELECT toUInt64(count()) AS n FROM provider_checks_live UNION ALL SELECT max(to_height) AS n FROM live";
    let mut rows = case.client.fetch_all::<u64>(rows).await.unwrap();
    rows.sort_unstable();
    assert_eq!(rows, [2, 5], "five checks in two entries");
    assert_eq!(case.findings_of(&home, INVENTORY).await, []);
}
