//! Series with the real engine: whatever ends the process, whenever, each document is entered once.
#![allow(clippy::unwrap_used)]

use super::testing::{Case, DATABASE, FOLDER, URL};
use super::{Series, reindex};
use crate::chain::{Fault, Rejected, SeriesKind};
use clickhouse::Row;
use gridproof_store::batch::{Batch, Origin, SeriesIdentity, TableRow};
use gridproof_store::crash::{CrashPoints, POINTS};
use gridproof_store::engine::testing::TestEngine;
use gridproof_store::state_db::{Span, StageKey};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const LAST: u64 = 3;
const SIGABRT: i32 = 6;

/// Letters of a document, a row each, and its first one once more in another table.
const KIND: SeriesKind = SeriesKind {
    stage: StageKey::INVENTORY,
    decoder: 1,
    max_bytes: 10,
    derive,
};

#[derive(Row, Serialize)]
struct Letter {
    letter: String,
}

impl TableRow for Letter {
    const TABLE: &'static str = "test_letters";
}

#[derive(Row, Serialize)]
struct First {
    letter: String,
}

impl TableRow for First {
    const TABLE: &'static str = "test_firsts";
}

fn derive(origin: Origin, sequence: u64, document: &[u8]) -> Result<Batch, Rejected> {
    let text = std::str::from_utf8(document).map_err(|error| Rejected::new(Fault::BadBody, sequence, &error))?;
    let mut batch = Batch::new(origin);
    for (item, letter) in text.chars().enumerate() {
        let identity = SeriesIdentity {
            sequence,
            observed_at_ms: 1_790_000_000_000 + sequence as i64,
            item: item as u32,
            // Far above any number of an entry: ranges that counted in it would hold nothing.
            height: 25_000_000,
        };
        let letter = letter.to_string();
        if item == 0 {
            batch
                .push(&identity, &First { letter: letter.clone() })
                .map_err(|error| Rejected::new(Fault::Derive, sequence, &error))?;
        }
        batch
            .push(&identity, &Letter { letter })
            .map_err(|error| Rejected::new(Fault::Derive, sequence, &error))?;
    }
    Ok(batch)
}

fn document(sequence: u64) -> Vec<u8> {
    format!("e{sequence}abc").into_bytes()
}

/// A poller that goes on where the series stands.
#[tokio::test]
#[ignore = "run by the other tests as a child process"]
async fn child() {
    let Ok(url) = std::env::var(URL) else { return };
    let folder = std::env::var(FOLDER).unwrap();
    let case = Case::over(&url, &std::env::var(DATABASE).unwrap(), Path::new(&folder));
    let home = case.home(CrashPoints::from_env()).await;
    home.committer.resume().await.unwrap();
    let mut series = Series::open(home.clone(), KIND).await.unwrap();
    loop {
        let live = home.state_db.live_ranges(&series.key).await.unwrap().live;
        let next = live.runs().last().map_or(1, |run| run.to + 1);
        if next > LAST {
            break;
        }
        assert_eq!(series.append(&document(next)).await.unwrap(), Ok(next));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_point_leaves_each_document_entered_once() {
    let engine = TestEngine::start();
    let calm = Case::new(&engine, "calm").await;
    assert_eq!(calm.run("calm", &engine.url(), None), None);
    let expected = calm.contents().await;
    assert_eq!(expected.iter().map(Vec::len).collect::<Vec<_>>(), [15, 3, 1]);
    assert_eq!(expected[2], ["inventory1-3"]);
    for (number, point) in POINTS.into_iter().chain(["after-insert-2"]).enumerate() {
        let database = format!("case_{number}");
        let case = Case::new(&engine, &database).await;
        assert_eq!(
            case.run(&database, &engine.url(), Some(&format!("{point}:2"))),
            Some(SIGABRT),
            "{point}"
        );
        assert_eq!(case.run(&database, &engine.url(), None), None, "{point}");
        assert_eq!(case.contents().await, expected, "{point}");
        assert_eq!(
            case.findings_of(&case.home(CrashPoints::none()).await, KIND).await,
            [],
            "{point}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_archived_and_not_claimed_is_entered_by_the_next_start_and_once_only() {
    let engine = TestEngine::start();
    let case = Case::new(&engine, "gridproof").await;
    let home = case.home(CrashPoints::none()).await;
    let mut series = Series::open(home.clone(), KIND).await.unwrap();
    home.vault.put_entry(KIND.stage, 1, &document(1)).await.unwrap();
    // As after an error: the poller does not know how far its document came and hands it over again.
    series.settled = false;
    assert_eq!(series.append(&document(1)).await.unwrap(), Ok(1));
    home.vault.put_entry(KIND.stage, 2, &document(2)).await.unwrap();
    let mut series = Series::open(home.clone(), KIND).await.unwrap();
    assert_eq!(series.append(&document(3)).await.unwrap(), Ok(3));
    assert_eq!(case.contents().await[2], ["inventory1-3"]);
    assert_eq!(case.findings_of(&home, KIND).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_document_is_set_aside_and_the_series_goes_on_behind_it() {
    let engine = TestEngine::start();
    let case = Case::new(&engine, "gridproof").await;
    let home = case.home(CrashPoints::none()).await;
    let mut series = Series::open(home.clone(), KIND).await.unwrap();
    assert_eq!(series.append(&document(1)).await.unwrap(), Ok(1));
    home.vault.put_entry(KIND.stage, 2, &document(2)).await.unwrap();
    let one = Span { from: 2, to: 2 };
    home.state_db
        .claim(home.committer.lease(), &series.key, one, KIND.decoder)
        .await
        .unwrap();
    std::fs::write(case.blob(2), b"not what was stored").unwrap();
    let mut series = Series::open(home.clone(), KIND).await.unwrap();
    assert_eq!(series.append(&document(3)).await.unwrap(), Ok(3));
    let aside = home.state_db.quarantined(&series.key).await.unwrap();
    assert_eq!(aside.iter().map(|entry| entry.range.span).collect::<Vec<_>>(), [one]);
    assert!(aside[0].reason.contains("damaged"), "{}", aside[0].reason);
    let checks: Vec<_> = case
        .findings_of(&home, KIND)
        .await
        .into_iter()
        .map(|one| (one.check, one.place))
        .collect();
    assert_eq!(checks, [("quarantine", "inventory 2-2".to_owned())]);
    // Damage to what is committed shows, too, and so do rows that are gone.
    std::fs::remove_file(case.blob(3)).unwrap();
    let gone = "ALTER TABLE test_letters DELETE WHERE sequence = 1 AND item = 4 SETTINGS mutations_sync = 2";
    case.client.execute(gone).await.unwrap();
    let checks: Vec<_> = case
        .findings_of(&home, KIND)
        .await
        .into_iter()
        .map(|one| (one.check, one.place))
        .collect();
    let expected = [
        ("quarantine", "inventory 2-2"),
        ("archive", "inventory 3-3"),
        ("tables", "inventory 1-1"),
    ];
    assert_eq!(checks, expected.map(|(check, place)| (check, place.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_gives_no_rows_or_is_too_long_leaves_no_trace() {
    let engine = TestEngine::start();
    let case = Case::new(&engine, "gridproof").await;
    let mut series = Series::open(case.home(CrashPoints::none()).await, KIND).await.unwrap();
    for bad in [&b"\xff"[..], b"eleven char"] {
        assert_eq!(series.append(bad).await.unwrap().unwrap_err().fault, Fault::BadBody);
    }
    assert_eq!(series.append(&document(1)).await.unwrap(), Ok(1));
    assert!(!case.folder.join("archive/akash/blobs/inventory-2").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_decoder_takes_over_a_claim_and_reindex_derives_everything_by_it() {
    let shout = |origin, sequence, document: &[u8]| derive(origin, sequence, &document.to_ascii_uppercase());
    let later = SeriesKind {
        decoder: 2,
        derive: shout,
        ..KIND
    };
    let engine = TestEngine::start();
    let case = Case::new(&engine, "gridproof").await;
    let home = case.home(CrashPoints::none()).await;
    let mut series = Series::open(home.clone(), KIND).await.unwrap();
    series.append(&document(1)).await.unwrap().unwrap();
    home.vault.put_entry(KIND.stage, 2, &document(2)).await.unwrap();
    let one = Span { from: 2, to: 2 };
    let lease = home.committer.lease();
    let claim = home
        .state_db
        .claim(lease, &series.key, one, KIND.decoder)
        .await
        .unwrap();
    // Rows of the older decoder may exist: they must not be seen beside those of the newer one.
    home.state_db
        .begin_insert(lease, &claim, &[Letter::TABLE])
        .await
        .unwrap();
    Series::open(home.clone(), later).await.unwrap();
    let live = "SELECT concat(toString(sequence), letter) AS s FROM test_letters FINAL \
                WHERE (generation, sequence) IN (SELECT generation, arrayJoin(range(from_height, to_height + 1)) FROM live) \
                ORDER BY sequence, item";
    let seen = case.client.fetch_all::<String>(live).await.unwrap().concat();
    assert_eq!(seen, "1e111a1b1c2E222A2B2C");
    let done = reindex(&home, &later, &CancellationToken::new()).await.unwrap();
    assert_eq!((done.entries, done.rows), (2, 12));
    let seen = case.client.fetch_all::<String>(live).await.unwrap().concat();
    assert_eq!(seen, "1E111A1B1C2E222A2B2C");
    // What no reader sees any more can be dropped, and nothing else goes.
    home.committer.gc(&series.key, Duration::ZERO).await.unwrap();
    assert_eq!(case.client.fetch_all::<String>(live).await.unwrap().concat(), seen);
    let left = "SELECT count() AS n FROM test_letters";
    assert_eq!(case.client.fetch_all::<u64>(left).await.unwrap(), [10]);
}
