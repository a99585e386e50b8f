//! Damage that is found again from what was committed.
#![allow(clippy::unwrap_used)]

mod support;

use gridproof_store::commit::Committer;
use gridproof_store::integrity::{IntegrityReport, check};
use support::{commit, key, rows, span, state_in};

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_a_changed_and_a_doubled_row_are_told_apart() {
    let (_engine, client) = support::engine().await;
    let folder = tempfile::tempdir().unwrap();
    let (db, lease) = state_in(folder.path(), "me").await;
    let committer = Committer::new(client.clone(), db.clone(), lease);
    for from in [1, 11, 21] {
        commit(&committer, span(from, from + 9)).await;
    }
    let clean = check(&client, &db, &key(), span(1, 30)).await.unwrap();
    assert_eq!(
        clean,
        IntegrityReport {
            ranges: 3,
            rows: 90,
            ..IntegrityReport::default()
        }
    );

    // The same rows under no token: a copy that `FINAL` drops.
    client
        .execute("INSERT INTO mint SELECT * FROM mint WHERE height <= 10")
        .await
        .unwrap();
    let doubled = check(&client, &db, &key(), span(1, 30)).await.unwrap();
    assert_eq!((doubled.rows, doubled.copies, doubled.differences.len()), (90, 10, 0));

    client
        .execute("ALTER TABLE tx_fees DELETE WHERE height = 15 SETTINGS mutations_sync = 2")
        .await
        .unwrap();
    let mended = "INSERT INTO mint SELECT * REPLACE (row_hash + 1 AS row_hash, event_index + 7 AS event_index) \
                  FROM mint WHERE height = 25";
    client.execute(mended).await.unwrap();
    let damaged = check(&client, &db, &key(), span(1, 30)).await.unwrap();
    let found: Vec<_> = damaged
        .differences
        .iter()
        .map(|one| (one.committed.range.span.from, one.found_rows))
        .collect();
    assert_eq!(found, [(11, 28), (21, 31)]);
    assert_eq!(check(&client, &db, &key(), span(1, 10)).await.unwrap().differences, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn replaced_ranges_are_not_expected_any_more() {
    let (_engine, client) = support::engine().await;
    let folder = tempfile::tempdir().unwrap();
    let (db, lease) = state_in(folder.path(), "me").await;
    let committer = Committer::new(client.clone(), db.clone(), lease.clone());
    commit(&committer, span(1, 10)).await;
    commit(&committer, span(11, 20)).await;
    let reindex = db.bump_generation(&lease, &key(), span(6, 20), 9).await.unwrap();
    let again = db.claim_reindex(&lease, &reindex, span(6, 20)).await.unwrap();
    committer.commit(&again, &rows(span(6, 20), |_| 7)).await.unwrap();
    let report = check(&client, &db, &key(), span(1, 20)).await.unwrap();
    assert_eq!(
        (report.ranges, report.partly_live, report.rows, report.differences.len()),
        (1, 1, 45, 0)
    );
}
