//! A stage that begins at a height of its own.
#![allow(clippy::unwrap_used)]

mod support;

use gridproof_store::batch::HeightDigest;
use gridproof_store::state_db::{StageKey, StateError};
use support::{DECODER, NETWORK, span, state_in};

const DIGEST: HeightDigest = HeightDigest {
    rows: 1,
    xor: 3,
    sum: 3,
};

#[tokio::test]
async fn a_stage_begins_at_its_snapshot_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let (db, lease) = state_in(folder.path(), "me").await;
    let key = StageKey::new(NETWORK, StageKey::STATE);
    assert_eq!(db.stage_first(&key).await.unwrap(), None, "with the network");
    let snapshot = db.claim_first(&lease, &key, 150, DECODER).await.unwrap();
    assert_eq!(
        (snapshot.span, db.stage_first(&key).await.unwrap()),
        (span(150, 150), Some(150))
    );
    for height in [150, 151] {
        let again = db.claim_first(&lease, &key, height, DECODER).await.unwrap_err();
        assert!(matches!(again, StateError::Begun { first: 150, .. }), "{again}");
    }
    // The claim outlives the process, and nothing comes before it.
    assert_eq!(
        db.pending(&lease, &key, DECODER).await.unwrap(),
        std::slice::from_ref(&snapshot)
    );
    let before = db.claim(&lease, &key, span(149, 149), DECODER).await.unwrap_err();
    assert!(matches!(before, StateError::BeforeFirst { first: 150, .. }), "{before}");
    db.begin_insert(&lease, &snapshot, &["leases"]).await.unwrap();
    let watermark = db.commit(&lease, &snapshot, 1, DIGEST).await.unwrap();
    assert_eq!(watermark.complete_to, Some(150), "the unbroken run begins with it");
    let next = db.claim(&lease, &key, span(151, 160), DECODER).await.unwrap();
    db.begin_insert(&lease, &next, &["leases"]).await.unwrap();
    assert_eq!(
        db.commit(&lease, &next, 1, DIGEST).await.unwrap().complete_to,
        Some(160)
    );
    db.set_tip(NETWORK, 170, None).await.unwrap();
    let status = db.status().await.unwrap();
    let stage = status.networks[0]
        .stages
        .iter()
        .find(|stage| stage.stage == "state")
        .unwrap();
    assert_eq!(
        (stage.first_height, stage.holes.as_slice()),
        (150, [span(161, 170)].as_slice())
    );
}

#[tokio::test]
async fn a_stage_that_has_begun_takes_no_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let (db, lease) = state_in(folder.path(), "me").await;
    let key = StageKey::new(NETWORK, StageKey::STATE);
    let first = db.network(NETWORK).await.unwrap().unwrap().first_height;
    let range = db.claim(&lease, &key, span(first, first + 9), DECODER).await.unwrap();
    let refused = db.claim_first(&lease, &key, first + 20, DECODER).await.unwrap_err();
    assert!(refused.to_string().contains("claimed"), "{refused}");
    db.release(&lease, &range).await.unwrap();
    db.claim_first(&lease, &key, first + 20, DECODER).await.unwrap();
    assert_eq!(
        db.stage_first(&key).await.unwrap(),
        Some(first + 20),
        "nothing was there any more"
    );
}
