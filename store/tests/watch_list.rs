//! The watch list of the state database: one meaning per account and slot, and nothing hostile gets in.
#![allow(clippy::unwrap_used)]

mod support;

use gridproof_store::state_db::{StateDb, StateError, WatchStatus, WatchedAccount};
use support::{NETWORK, state_in};

const ACCOUNT: &str = "GqE7wcwRw86xxMz4pNq5cV3BkM64h3bvajQRQbigYqTX";
const OWNER: &str = "rbrnm7nPhfhBxPSh8qhRFrhB5MLnJGMNoyNQPvSi7vq";

fn entry(valid_from_slot: u64) -> WatchedAccount {
    WatchedAccount {
        address: ACCOUNT.into(),
        owner: OWNER.into(),
        role: "burn".into(),
        subnet: String::new(),
        label: "burn wallet".into(),
        evidence: "a public adapter names it".into(),
        valid_from_slot,
        valid_to_slot: None,
        status: WatchStatus::Accepted,
        match_ratio: None,
        first_seen_epoch: None,
    }
}

fn proposed(valid_from_slot: u64) -> WatchedAccount {
    WatchedAccount {
        role: "payout_work".into(),
        status: WatchStatus::Proposed,
        match_ratio: Some("0.9875".into()),
        first_seen_epoch: Some(97),
        ..entry(valid_from_slot)
    }
}

async fn database() -> (tempfile::TempDir, StateDb) {
    let folder = tempfile::tempdir().unwrap();
    let (db, _) = state_in(folder.path(), "me").await;
    (folder, db)
}

async fn list(db: &StateDb) -> Vec<WatchedAccount> {
    let listed = db.watched_accounts(NETWORK).await.unwrap();
    assert!(listed.iter().all(|(_, added_ms)| *added_ms > 0));
    listed.into_iter().map(|(entry, _)| entry).collect()
}

#[tokio::test]
async fn what_is_added_is_listed_and_adding_it_again_changes_nothing() {
    let (_folder, db) = database().await;
    for one in [entry(5), proposed(9), proposed(9), entry(5)] {
        db.add_watched_account(NETWORK, &one).await.unwrap();
    }
    assert_eq!(list(&db).await, [entry(5), proposed(9)]);
    assert_eq!(db.watched_accounts("another").await.unwrap(), []);
}

#[tokio::test]
async fn one_account_never_has_two_meanings_in_a_slot() {
    let (_folder, db) = database().await;
    db.add_watched_account(NETWORK, &entry(5)).await.unwrap();
    let other = WatchedAccount {
        role: "treasury".into(),
        ..entry(9)
    };
    let refused = db.add_watched_account(NETWORK, &other).await.unwrap_err();
    assert!(
        matches!(refused, StateError::WatchClash { from_slot: 5, .. }),
        "{refused}"
    );
    db.retire_watched_account(NETWORK, ACCOUNT, 5, 8).await.unwrap();
    db.add_watched_account(NETWORK, &other).await.unwrap();
    let later = db.retire_watched_account(NETWORK, ACCOUNT, 5, 9).await.unwrap_err();
    assert!(matches!(later, StateError::WatchClash { from_slot: 9, .. }), "{later}");
    let statuses: Vec<_> = list(&db)
        .await
        .into_iter()
        .map(|one| (one.valid_to_slot, one.status))
        .collect();
    assert_eq!(
        statuses,
        [(Some(8), WatchStatus::Retired), (None, WatchStatus::Accepted)]
    );
}

#[tokio::test]
async fn an_entry_that_is_there_is_not_rewritten_by_adding() {
    let (_folder, db) = database().await;
    db.add_watched_account(NETWORK, &proposed(5)).await.unwrap();
    let refused = db.add_watched_account(NETWORK, &entry(5)).await.unwrap_err();
    assert!(matches!(refused, StateError::WatchClash { .. }), "{refused}");
    assert_eq!(list(&db).await, [proposed(5)]);
}

#[tokio::test]
async fn a_proposal_counts_only_once_it_is_accepted() {
    let (_folder, db) = database().await;
    db.add_watched_account(NETWORK, &proposed(5)).await.unwrap();
    let early = db.retire_watched_account(NETWORK, ACCOUNT, 5, 9).await.unwrap_err();
    assert!(early.to_string().contains("accept it first"), "{early}");
    for _ in 0..2 {
        db.accept_watched_account(NETWORK, ACCOUNT, 5).await.unwrap();
    }
    assert_eq!(list(&db).await[0].status, WatchStatus::Accepted);
    let clash = db.add_watched_account(NETWORK, &entry(7)).await.unwrap_err();
    assert!(matches!(clash, StateError::WatchClash { .. }), "{clash}");
}

#[tokio::test]
async fn a_proposal_that_clashes_with_what_counts_is_not_accepted() {
    let (_folder, db) = database().await;
    db.add_watched_account(NETWORK, &entry(5)).await.unwrap();
    db.add_watched_account(NETWORK, &proposed(9)).await.unwrap();
    let clash = db.accept_watched_account(NETWORK, ACCOUNT, 9).await.unwrap_err();
    assert!(matches!(clash, StateError::WatchClash { from_slot: 5, .. }), "{clash}");
    assert_eq!(list(&db).await[1].status, WatchStatus::Proposed);
}

#[tokio::test]
async fn what_is_not_on_the_list_can_be_neither_accepted_nor_retired() {
    let (_folder, db) = database().await;
    db.add_watched_account(NETWORK, &entry(5)).await.unwrap();
    let lower_case = ACCOUNT.to_lowercase();
    for (network, address, slot) in [
        (NETWORK, ACCOUNT, 6),
        (NETWORK, lower_case.as_str(), 5),
        ("other", ACCOUNT, 5),
    ] {
        let accepted = db.accept_watched_account(network, address, slot).await.unwrap_err();
        let retired = db.retire_watched_account(network, address, slot, 9).await.unwrap_err();
        assert!(matches!(accepted, StateError::NotWatched { .. }), "{accepted}");
        assert!(matches!(retired, StateError::NotWatched { .. }), "{retired}");
    }
}

#[tokio::test]
async fn hostile_entries_are_refused_with_the_reason() {
    let (_folder, db) = database().await;
    let with = |change: fn(&mut WatchedAccount)| {
        let mut one = entry(5);
        change(&mut one);
        one
    };
    let hostile = [
        (with(|one| one.address = String::new()), "address"),
        (with(|one| one.address = "0OIl".repeat(10)), "address"),
        (with(|one| one.address = "1".repeat(45)), "address"),
        (with(|one| one.address = format!("{}\0", &ACCOUNT[..43])), "address"),
        (with(|one| one.address = "é".repeat(20)), "address"),
        (
            with(|one| one.owner = "'; DROP TABLE watch_accounts; --".into()),
            "owner",
        ),
        (with(|one| one.role = String::new()), "role"),
        (with(|one| one.role = "Burn".into()), "role"),
        (with(|one| one.role = "r".repeat(65)), "role"),
        (with(|one| one.subnet = "s".repeat(65)), "subnet"),
        (with(|one| one.label = "a\nb".into()), "label"),
        (with(|one| one.label = "\u{1b}[31mred".into()), "label"),
        (with(|one| one.evidence = "e".repeat(2_001)), "evidence"),
        (with(|one| one.valid_to_slot = Some(4)), "validity"),
        (with(|one| one.valid_to_slot = Some(6)), "status"),
        (with(|one| one.status = WatchStatus::Retired), "status"),
        (with(|one| one.match_ratio = Some("NaN".into())), "match ratio"),
        (with(|one| one.match_ratio = Some("1e9".into())), "match ratio"),
        (with(|one| one.match_ratio = Some(".".into())), "match ratio"),
    ];
    for (one, part) in hostile {
        let error = db.add_watched_account(NETWORK, &one).await.unwrap_err();
        assert!(
            matches!(&error, StateError::BadWatch { what, .. } if *what == part),
            "{one:?}: {error}"
        );
    }
    let far = db.add_watched_account(NETWORK, &entry(u64::MAX)).await.unwrap_err();
    assert!(matches!(far, StateError::OutOfRange { .. }), "{far}");
    assert_eq!(list(&db).await, []);
}

#[tokio::test]
async fn text_is_stored_as_text() {
    let (_folder, db) = database().await;
    let one = WatchedAccount {
        label: "Robert'); DROP TABLE watch_accounts;--".into(),
        subnet: "$1 ? :x".into(),
        ..entry(5)
    };
    db.add_watched_account(NETWORK, &one).await.unwrap();
    assert_eq!(list(&db).await, [one]);
}

#[tokio::test]
async fn two_processes_that_add_at_once_leave_one_meaning() {
    let (folder, db) = database().await;
    let other = StateDb::open_file(&folder.path().join("state.db")).await.unwrap();
    let (treasury, burn) = (
        WatchedAccount {
            role: "treasury".into(),
            ..entry(5)
        },
        entry(7),
    );
    let (one, two) = tokio::join!(
        db.add_watched_account(NETWORK, &treasury),
        other.add_watched_account(NETWORK, &burn)
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert_eq!(list(&db).await.len(), 1);
}
