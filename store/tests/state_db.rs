//! The rules of the state database, on SQLite.
#![allow(clippy::unwrap_used)]

mod support;

use gridproof_store::batch::HeightDigest;
use gridproof_store::state_db::{
    ArchivedFile, Checkpoint, ClaimedRange, EndpointHealth, Network, Segment, StageKey, StateDb, StateError,
    WriterLease,
};
use std::time::Duration;
use support::{DECODER, NETWORK, TTL, key, network, span, state_in};

const DIGEST: HeightDigest = HeightDigest {
    rows: 4,
    xor: u64::MAX,
    sum: 7,
};

struct Fixture {
    folder: tempfile::TempDir,
    db: StateDb,
    lease: WriterLease,
}

async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let (db, lease) = state_in(folder.path(), "me").await;
    Fixture { folder, db, lease }
}

impl Fixture {
    async fn claim(&self, from: u64, to: u64) -> Result<ClaimedRange, StateError> {
        self.db.claim(&self.lease, &key(), span(from, to), DECODER).await
    }

    async fn finish(&self, range: &ClaimedRange) -> Result<Option<u64>, StateError> {
        self.db.begin_insert(&self.lease, range, &["tx_fees"]).await?;
        Ok(self.db.commit(&self.lease, range, 5, DIGEST).await?.complete_to)
    }

    async fn committed(&self, from: u64, to: u64) -> Option<u64> {
        let range = self.claim(from, to).await.unwrap();
        self.finish(&range).await.unwrap()
    }

    async fn live(&self) -> Vec<(u64, u64, u32)> {
        let list = self.db.live_ranges(&key()).await.unwrap();
        list.live
            .segments()
            .iter()
            .map(|s| (s.span.from, s.span.to, s.generation))
            .collect()
    }
}

#[tokio::test]
async fn the_watermark_is_the_end_of_the_unbroken_run_from_the_first_height() {
    let f = fixture().await;
    assert_eq!(f.committed(201, 300).await, None);
    assert_eq!(f.committed(1, 100).await, Some(100));
    let watermark = f.db.watermark(&key()).await.unwrap();
    assert_eq!(watermark.newest_run, Some(span(201, 300)));
    assert_eq!(f.committed(101, 200).await, Some(300));
    assert_eq!(f.live().await, [(1, 300, 0)]);
}

#[tokio::test]
async fn a_claim_survives_the_process_and_keeps_its_range() {
    let f = fixture().await;
    let claim = f.claim(1, 100).await.unwrap();
    f.db.begin_insert(&f.lease, &claim, &["tx_fees"]).await.unwrap();
    f.db.close().await;
    let (db, lease) = state_in(f.folder.path(), "me").await;
    assert_eq!(
        db.pending(&lease, &key(), DECODER).await.unwrap(),
        std::slice::from_ref(&claim)
    );
    assert_eq!(db.holes(&key(), span(1, 250)).await.unwrap(), [span(101, 250)]);
    let watermark = db.commit(&lease, &claim, 5, DIGEST).await.unwrap();
    assert_eq!(watermark.complete_to, Some(100));
    assert_eq!(db.pending(&lease, &key(), DECODER).await.unwrap(), []);
    let committed = db.committed(&key(), span(1, 100)).await.unwrap();
    assert_eq!(
        (committed[0].rows, committed[0].digest_xor, committed[0].digest_sum),
        (5, DIGEST.xor, DIGEST.sum)
    );
}

#[tokio::test]
async fn ranges_never_overlap() {
    let f = fixture().await;
    f.committed(1, 100).await;
    f.claim(200, 299).await.unwrap();
    for (from, to) in [(100, 100), (50, 150), (1, 1000), (299, 299), (150, 200)] {
        assert!(
            matches!(f.claim(from, to).await, Err(StateError::Overlap { .. })),
            "{from}-{to}"
        );
    }
    f.claim(101, 199).await.unwrap();
    assert!(matches!(
        f.claim(0, 0).await,
        Err(StateError::BeforeFirst { first: 1, .. })
    ));
}

#[tokio::test]
async fn only_the_claimed_range_can_be_committed_and_only_once() {
    let f = fixture().await;
    let claim = f.claim(1, 100).await.unwrap();
    for wrong in [
        ClaimedRange {
            generation: 1,
            ..claim.clone()
        },
        ClaimedRange {
            decoder: 9,
            ..claim.clone()
        },
        ClaimedRange {
            span: span(1, 99),
            ..claim.clone()
        },
        ClaimedRange {
            key: StageKey::new(NETWORK, StageKey::STATE),
            ..claim.clone()
        },
    ] {
        assert!(
            matches!(f.finish(&wrong).await, Err(StateError::NotClaimed { .. })),
            "{wrong:?}"
        );
    }
    f.finish(&claim).await.unwrap();
    assert!(matches!(f.finish(&claim).await, Err(StateError::NotClaimed { .. })));
}

#[tokio::test]
async fn a_second_writer_is_refused_until_the_lease_ends_and_the_first_one_after() {
    let f = fixture().await;
    let refused = f.db.acquire_writer("indexer", "other", TTL).await;
    assert!(matches!(refused, Err(StateError::LeaseHeld { ref owner, .. }) if owner == "me"));
    let claim = f.claim(1, 10).await.unwrap();
    f.db.release_writer(&f.lease).await.unwrap();
    let other = f.db.acquire_writer("indexer", "other", TTL).await.unwrap();
    assert!(other.fence > f.lease.fence);
    assert!(matches!(f.finish(&claim).await, Err(StateError::LeaseLost { .. })));
    assert!(matches!(
        f.db.renew_writer(&f.lease, TTL).await,
        Err(StateError::LeaseLost { .. })
    ));
    f.db.begin_insert(&other, &claim, &["tx_fees"]).await.unwrap();
    f.db.commit(&other, &claim, 5, DIGEST).await.unwrap();
}

#[tokio::test]
async fn an_expired_lease_can_be_taken_and_its_own_owner_need_not_wait() {
    let f = fixture().await;
    let again =
        f.db.acquire_writer("indexer", "me", Duration::from_millis(1))
            .await
            .unwrap();
    assert_eq!(again.fence, f.lease.fence + 1);
    tokio::time::sleep(Duration::from_millis(5)).await;
    let other = f.db.acquire_writer("indexer", "other", TTL).await.unwrap();
    assert_eq!(other.fence, again.fence + 1);
}

#[tokio::test]
async fn a_name_always_means_the_same_chain() {
    let f = fixture().await;
    f.db.register_network(&network()).await.unwrap();
    let other = Network {
        chain_id: "test-2".into(),
        ..network()
    };
    assert!(matches!(
        f.db.register_network(&other).await,
        Err(StateError::OtherChain { .. })
    ));
    f.db.pin_block(NETWORK, 1, "AA").await.unwrap();
    f.db.pin_block(NETWORK, 1, "AA").await.unwrap();
    assert!(matches!(
        f.db.pin_block(NETWORK, 1, "BB").await,
        Err(StateError::OtherBlock { height: 1, .. })
    ));
    assert_eq!(f.db.pinned_block(NETWORK).await.unwrap(), Some((1, "AA".into())));
    assert!(matches!(
        f.db.pin_block("nobody", 1, "AA").await,
        Err(StateError::UnknownNetwork(_))
    ));
    for name in ["", "a/b", "..", "a b", ".hidden"] {
        let bad = Network {
            name: name.into(),
            ..network()
        };
        assert!(
            matches!(f.db.register_network(&bad).await, Err(StateError::BadName(_))),
            "{name:?}"
        );
    }
}

#[tokio::test]
async fn a_claim_can_be_given_back_only_before_its_first_insert() {
    let f = fixture().await;
    let claim = f.claim(1, 100).await.unwrap();
    f.db.release(&f.lease, &claim).await.unwrap();
    let claim = f.claim(1, 50).await.unwrap();
    f.db.begin_insert(&f.lease, &claim, &["tx_fees"]).await.unwrap();
    assert!(matches!(
        f.db.release(&f.lease, &claim).await,
        Err(StateError::Inserting { .. })
    ));
}

#[tokio::test]
async fn a_quarantined_range_blocks_the_watermark_and_shows_until_it_is_retried() {
    let f = fixture().await;
    let bad = f.claim(1, 10).await.unwrap();
    f.db.quarantine(&f.lease, &bad, "height 4: no such event")
        .await
        .unwrap();
    assert_eq!(f.committed(11, 20).await, None);
    assert!(matches!(f.claim(5, 5).await, Err(StateError::Overlap { ref status, .. }) if status == "quarantined"));
    assert_eq!(f.db.holes(&key(), span(1, 20)).await.unwrap(), []);
    assert_eq!(f.db.pending(&f.lease, &key(), DECODER).await.unwrap(), []);
    f.db.set_tip(NETWORK, 30, None).await.unwrap();
    let stage = &f.db.status().await.unwrap().networks[0].stages[0];
    assert_eq!(stage.quarantined[0].reason, "height 4: no such event");
    assert_eq!(stage.quarantined[0].range.span, span(1, 10));
    assert_eq!(stage.holes, [span(21, 30)]);
    assert_eq!(f.db.retry_quarantined(&f.lease, &key()).await.unwrap(), 1);
    let again = f.db.pending(&f.lease, &key(), DECODER).await.unwrap();
    assert_eq!(f.finish(&again[0]).await.unwrap(), Some(20));
}

#[tokio::test]
async fn a_half_inserted_claim_of_another_decoder_moves_to_a_fresh_generation() {
    let f = fixture().await;
    let clean = f.claim(1, 10).await.unwrap();
    let dirty = f.claim(11, 20).await.unwrap();
    f.db.begin_insert(&f.lease, &dirty, &["tx_fees"]).await.unwrap();
    let pending = f.db.pending(&f.lease, &key(), DECODER + 1).await.unwrap();
    assert_eq!(
        pending[0],
        ClaimedRange {
            decoder: DECODER + 1,
            ..clean
        }
    );
    assert_eq!(
        pending[1],
        ClaimedRange {
            decoder: DECODER + 1,
            generation: 1,
            ..dirty
        }
    );
    let superseded = f.db.superseded(&key(), i64::MAX).await.unwrap();
    assert_eq!(
        superseded[0].segment,
        Segment {
            span: span(11, 20),
            generation: 0
        }
    );
    for range in &pending {
        f.finish(range).await.unwrap();
    }
    assert_eq!(f.live().await, [(1, 10, 0), (11, 20, 1)]);
    assert_eq!(f.db.watermark(&key()).await.unwrap().complete_to, Some(20));
}

#[tokio::test]
async fn heights_whose_claim_was_superseded_and_given_back_never_get_that_generation_again() {
    let f = fixture().await;
    let dirty = f.claim(11, 20).await.unwrap();
    f.db.begin_insert(&f.lease, &dirty, &["tx_fees"]).await.unwrap();
    let moved = f.db.pending(&f.lease, &key(), DECODER + 1).await.unwrap();
    f.db.release(&f.lease, &moved[0]).await.unwrap();
    let again = f.db.claim(&f.lease, &key(), span(13, 15), DECODER + 1).await.unwrap();
    assert_eq!((dirty.generation, moved[0].generation), (0, 1));
    assert!(
        again.generation > dirty.generation,
        "rows of the older decoder lie under generation 0"
    );
}

#[tokio::test]
async fn a_rederivation_becomes_live_as_a_whole() {
    let f = fixture().await;
    f.committed(1, 100).await;
    let before = f.db.live_ranges(&key()).await.unwrap().version;
    let reindex =
        f.db.bump_generation(&f.lease, &key(), span(21, 60), DECODER + 1)
            .await
            .unwrap();
    assert_eq!(reindex.generation, 1);
    let first = f.db.claim_reindex(&f.lease, &reindex, span(21, 40)).await.unwrap();
    f.finish(&first).await.unwrap();
    assert_eq!(f.live().await, [(1, 100, 0)]);
    assert_eq!(f.db.reindex_holes(&reindex).await.unwrap(), [span(41, 60)]);
    let second = f.db.claim_reindex(&f.lease, &reindex, span(41, 60)).await.unwrap();
    assert_eq!(f.finish(&second).await.unwrap(), Some(100));
    assert_eq!(f.live().await, [(1, 20, 0), (21, 60, 1), (61, 100, 0)]);
    assert!(f.db.live_ranges(&key()).await.unwrap().version > before);
    let superseded = f.db.superseded(&key(), i64::MAX).await.unwrap();
    assert_eq!(superseded.len(), 1);
    assert_eq!(
        superseded[0].segment,
        Segment {
            span: span(21, 60),
            generation: 0
        }
    );
    assert_eq!(f.db.reindexes(&key()).await.unwrap(), []);
    // What comes after the switch joins the newest generation.
    assert_eq!(f.claim(101, 110).await.unwrap().generation, 1);
}

#[tokio::test]
async fn a_rederivation_is_refused_where_it_makes_no_sense() {
    let f = fixture().await;
    f.committed(1, 100).await;
    let bump = |from, to| f.db.bump_generation(&f.lease, &KEY, span(from, to), DECODER);
    static KEY: std::sync::LazyLock<StageKey> = std::sync::LazyLock::new(key);
    assert!(matches!(bump(50, 150).await, Err(StateError::NotCommitted { hole, .. }) if hole == span(101, 150)));
    let reindex = bump(50, 60).await.unwrap();
    assert!(matches!(bump(60, 70).await, Err(StateError::ReindexOpen { .. })));
    assert!(matches!(
        f.db.claim_reindex(&f.lease, &reindex, span(60, 61)).await,
        Err(StateError::Overlap { .. })
    ));
    f.db.claim_reindex(&f.lease, &reindex, span(50, 55)).await.unwrap();
    assert!(matches!(
        f.db.claim_reindex(&f.lease, &reindex, span(55, 60)).await,
        Err(StateError::Overlap { .. })
    ));
    f.db.cancel_reindex(&f.lease, &reindex).await.unwrap();
    let closed = f.db.claim_reindex(&f.lease, &reindex, span(50, 55)).await;
    assert!(matches!(closed, Err(StateError::ReindexClosed { generation: 1, .. })));
    // A generation is never used twice.
    assert_eq!(bump(50, 60).await.unwrap().generation, 2);
}

#[tokio::test]
async fn an_open_rederivation_of_another_decoder_begins_again() {
    let f = fixture().await;
    f.committed(1, 100).await;
    let reindex =
        f.db.bump_generation(&f.lease, &key(), span(1, 100), DECODER)
            .await
            .unwrap();
    let done = f.db.claim_reindex(&f.lease, &reindex, span(1, 50)).await.unwrap();
    f.finish(&done).await.unwrap();
    let half = f.db.claim_reindex(&f.lease, &reindex, span(51, 100)).await.unwrap();
    f.db.begin_insert(&f.lease, &half, &["tx_fees"]).await.unwrap();
    assert_eq!(f.db.pending(&f.lease, &key(), DECODER + 1).await.unwrap(), []);
    let open = f.db.reindexes(&key()).await.unwrap();
    assert_eq!((open[0].generation, open[0].decoder), (2, DECODER + 1));
    assert_eq!(f.db.reindex_holes(&open[0]).await.unwrap(), [span(1, 100)]);
    let superseded: Vec<_> =
        f.db.superseded(&key(), i64::MAX)
            .await
            .unwrap()
            .iter()
            .map(|s| s.segment)
            .collect();
    let of_first = |from, to| Segment {
        span: span(from, to),
        generation: 1,
    };
    assert_eq!(superseded, [of_first(1, 50), of_first(51, 100)]);
    assert_eq!(f.live().await, [(1, 100, 0)]);
}

#[tokio::test]
async fn what_was_recorded_is_found_again() {
    let f = fixture().await;
    let file = |from, to, path: &str| ArchivedFile {
        span: span(from, to),
        path: path.into(),
        sha256: "ab".into(),
        bytes: 3,
    };
    for file in [file(1, 10, "a"), file(11, 20, "b"), file(11, 20, "c")] {
        f.db.record_archive(&f.lease, NETWORK, &file).await.unwrap();
    }
    assert_eq!(
        f.db.archived(NETWORK, span(10, 99)).await.unwrap(),
        [file(1, 10, "a"), file(11, 20, "c")]
    );
    let checkpoint = |height, decoder| Checkpoint {
        height,
        decoder,
        path: "p".into(),
        sha256: "cd".into(),
        bytes: 9,
    };
    for checkpoint in [checkpoint(10, 1), checkpoint(20, 1), checkpoint(15, 2)] {
        f.db.add_checkpoint(&f.lease, &key(), &checkpoint).await.unwrap();
    }
    assert_eq!(
        f.db.latest_checkpoint(&key(), 1, 19).await.unwrap(),
        Some(checkpoint(10, 1))
    );
    assert_eq!(
        f.db.latest_checkpoint(&key(), 1, u64::MAX).await.unwrap(),
        Some(checkpoint(20, 1))
    );
    assert_eq!(f.db.latest_checkpoint(&key(), 3, 19).await.unwrap(), None);
    let stale = f.db.stale_checkpoints(&key(), 1, 20).await.unwrap();
    assert_eq!(stale, [checkpoint(10, 1), checkpoint(15, 2)]);
    f.db.forget_checkpoint(&f.lease, &key(), &stale[0]).await.unwrap();
    assert_eq!(f.db.latest_checkpoint(&key(), 1, 19).await.unwrap(), None);
    let health = EndpointHealth {
        url: "http://one".into(),
        state: "ok".into(),
        latency_ms: Some(12),
        requests: 3,
        ..EndpointHealth::default()
    };
    let worse = EndpointHealth {
        failures: 1,
        last_error: Some("429".into()),
        ..health.clone()
    };
    for health in [&health, &worse] {
        f.db.record_endpoint(NETWORK, health).await.unwrap();
    }
    assert_eq!(f.db.endpoints(NETWORK).await.unwrap(), [worse]);
}

#[tokio::test]
async fn the_tip_never_falls() {
    let f = fixture().await;
    f.db.set_tip(NETWORK, 30, Some(5)).await.unwrap();
    f.db.set_tip(NETWORK, 20, Some(4)).await.unwrap();
    let status = f.db.status().await.unwrap();
    assert_eq!(
        (status.networks[0].tip_height, status.networks[0].tip_time_ms),
        (Some(30), Some(5))
    );
    serde_json::to_string(&status).unwrap();
}

#[tokio::test]
async fn two_writers_of_one_process_do_not_block_each_other_for_good() {
    let f = fixture().await;
    let claims = (0..40u64).map(|n| f.claim(n * 10 + 1, n * 10 + 10));
    let claims = futures::future::try_join_all(claims).await.unwrap();
    futures::future::try_join_all(claims.iter().map(|claim| f.finish(claim)))
        .await
        .unwrap();
    assert_eq!(f.live().await, [(1, 400, 0)]);
    assert_eq!(f.db.watermark(&key()).await.unwrap().complete_to, Some(400));
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_the_same_time_find_one_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b%20?.db");
    let opened = futures::future::join_all((0..6).map(|_| StateDb::open_file(&path))).await;
    let mut instances = Vec::new();
    for db in opened {
        instances.push(db.unwrap().instance().await.unwrap());
    }
    instances.dedup();
    assert_eq!(instances.len(), 1);
    assert!(path.is_file());
}
