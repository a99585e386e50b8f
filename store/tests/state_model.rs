//! Random histories of one stage, with crashes, against the rules that make rows exact.
#![allow(clippy::unwrap_used)]

mod support;

use gridproof_store::batch::HeightDigest;
use gridproof_store::state_db::{ClaimedRange, Segment, Span, StateDb, StateError, WriterLease};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use support::{key, span, state_in};

const LAST: u64 = 24;

/// What an indexer may do next. Numbers choose among what there is.
#[derive(Clone, Copy, Debug)]
enum Step {
    Claim(u64, u64),
    BeginInsert(usize),
    Commit(usize),
    KilledInsert(usize),
    Release(usize),
    Quarantine(usize),
    Retry,
    Reindex(u64, u64),
    ClaimReindex(u64, u64),
    CancelReindex,
    Crash,
    NewDecoder,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let ends = || (1..=LAST, 0..6u64).prop_map(|(from, more)| (from, (from + more).min(LAST)));
    let step = prop_oneof![
        6 => ends().prop_map(|(from, to)| Step::Claim(from, to)),
        5 => (0..3usize).prop_map(Step::BeginInsert),
        9 => (0..9usize).prop_map(Step::Commit),
        3 => (0..9usize).prop_map(Step::KilledInsert),
        4 => (0..3usize).prop_map(Step::Release),
        1 => (0..9usize).prop_map(Step::Quarantine),
        1 => Just(Step::Retry),
        3 => ends().prop_map(|(from, to)| Step::Reindex(from, to)),
        6 => ends().prop_map(|(from, to)| Step::ClaimReindex(from, to)),
        1 => Just(Step::CancelReindex),
        2 => Just(Step::Crash),
        1 => Just(Step::NewDecoder),
    ];
    prop::collection::vec(step, 1..60)
}

/// A ClickHouse that may die between a token and its rows.
#[derive(Debug, Default)]
struct Tables {
    /// Tokens that it takes for duplicates.
    tokens: BTreeSet<String>,
    /// How often the row of a height stands under a generation.
    rows: BTreeMap<(u32, u64), u32>,
}

impl Tables {
    /// Acknowledges the rows of a claim; `killed`: the token is noted and the rows never come.
    fn insert(&mut self, claim: &ClaimedRange, token: String, killed: bool) {
        if self.tokens.insert(token) && !killed {
            for height in claim.span.from..=claim.span.to {
                *self.rows.entry((claim.generation, height)).or_default() += 1;
            }
        }
    }

    fn holds(&self, claim: &ClaimedRange) -> bool {
        (claim.span.from..=claim.span.to).all(|height| self.rows.contains_key(&(claim.generation, height)))
    }
}

struct Model {
    folder: tempfile::TempDir,
    db: StateDb,
    lease: WriterLease,
    tables: Tables,
    decoder: u32,
    /// Claims in hand.
    claims: Vec<ClaimedRange>,
    /// Decoders that inserted rows of a height under a generation: more than one would mix rows.
    writers: BTreeMap<(u32, u64), BTreeSet<u32>>,
    /// The ranges under which the rows of a height were inserted: more than one would double rows.
    inserts: BTreeMap<(u32, u64), BTreeSet<Span>>,
    watermark: Option<u64>,
    version: u64,
}

impl Model {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (db, lease) = state_in(folder.path(), "me").await;
        Self {
            folder,
            db,
            lease,
            tables: Tables::default(),
            decoder: 1,
            claims: Vec::new(),
            writers: BTreeMap::new(),
            inserts: BTreeMap::new(),
            watermark: None,
            version: 0,
        }
    }

    /// Takes one step; a refusal is fine, what counts is what holds afterwards.
    async fn step(&mut self, step: Step) -> Result<(), StateError> {
        match step {
            Step::Claim(from, to) => {
                let claim = self.db.claim(&self.lease, &key(), span(from, to), self.decoder).await?;
                self.claims.push(claim);
            }
            Step::BeginInsert(n) => {
                if let Some(claim) = self.pick(n) {
                    self.insert(&claim, false).await?;
                }
            }
            Step::KilledInsert(n) => {
                if let Some(claim) = self.pick(n) {
                    self.insert(&claim, true).await?;
                }
            }
            Step::Commit(n) => {
                if let Some(claim) = self.pick(n) {
                    self.insert(&claim, false).await?;
                    self.db.commit(&self.lease, &claim, 1, HeightDigest::default()).await?;
                    self.drop_claim(&claim);
                }
            }
            Step::Release(n) => {
                if let Some(claim) = self.pick(n) {
                    self.db.release(&self.lease, &claim).await?;
                    self.drop_claim(&claim);
                }
            }
            Step::Quarantine(n) => {
                if let Some(claim) = self.pick(n) {
                    self.db.quarantine(&self.lease, &claim, "bad").await?;
                    self.drop_claim(&claim);
                }
            }
            Step::Retry => {
                self.db.retry_quarantined(&self.lease, &key()).await?;
                self.resume().await?;
            }
            Step::Reindex(from, to) => {
                self.db
                    .bump_generation(&self.lease, &key(), span(from, to), self.decoder)
                    .await?;
            }
            Step::ClaimReindex(from, to) => {
                if let Some(open) = self.db.reindexes(&key()).await?.first()
                    && let Some(part) = Span::new(from.max(open.span.from), to.min(open.span.to))
                {
                    let claim = self.db.claim_reindex(&self.lease, open, part).await?;
                    self.claims.push(claim);
                }
            }
            Step::CancelReindex => {
                if let Some(open) = self.db.reindexes(&key()).await?.first() {
                    self.db.cancel_reindex(&self.lease, open).await?;
                    self.claims.retain(|claim| claim.generation != open.generation);
                }
            }
            Step::Crash => {
                self.db.close().await;
                (self.db, self.lease) = state_in(self.folder.path(), "me").await;
                self.resume().await?;
            }
            Step::NewDecoder => {
                self.decoder += 1;
                self.resume().await?;
            }
        }
        Ok(())
    }

    async fn resume(&mut self) -> Result<(), StateError> {
        self.claims = self.db.pending(&self.lease, &key(), self.decoder).await?;
        Ok(())
    }

    fn pick(&self, n: usize) -> Option<ClaimedRange> {
        self.claims.get(n % self.claims.len().max(1)).cloned()
    }

    fn drop_claim(&mut self, claim: &ClaimedRange) {
        self.claims.retain(|other| other != claim);
    }

    /// What the committer does: insert, and where the claim says that this is not the first attempt, look up the rows
    /// and insert those that are missing. `killed`: ClickHouse dies with the last token that is sent.
    async fn insert(&mut self, claim: &ClaimedRange, killed: bool) -> Result<(), StateError> {
        let again = self.db.begin_insert(&self.lease, claim, &["tx_fees"]).await?;
        let token = claim.token("tx_fees");
        assert!(
            again || !self.tables.tokens.contains(&token),
            "an attempt before this one is not known: {claim:?}"
        );
        for height in claim.span.from..=claim.span.to {
            let at = (claim.generation, height);
            self.writers.entry(at).or_default().insert(claim.decoder);
            self.inserts.entry(at).or_default().insert(claim.span);
        }
        self.tables.insert(claim, token.clone(), killed);
        let mut round = 0;
        while again && !self.tables.holds(claim) {
            round += 1;
            let token = format!("{token}~{round}");
            let new = !self.tables.tokens.contains(&token);
            self.tables.insert(claim, token, killed);
            if killed && new {
                break;
            }
        }
        Ok(())
    }

    async fn check(&mut self) {
        let list = self.db.live_ranges(&key()).await.unwrap();
        assert!(list.version >= self.version, "the version of the mirror never falls");
        self.version = list.version;
        let watermark = self.db.watermark(&key()).await.unwrap().complete_to;
        assert!(watermark >= self.watermark, "the watermark never falls");
        assert!(
            watermark.is_none_or(|to| list.live.covers(span(1, to))),
            "and never passes a hole"
        );
        self.watermark = watermark;
        for (at, decoders) in &self.writers {
            assert_eq!(decoders.len(), 1, "rows of two decoders under {at:?}");
        }
        for (at, spans) in &self.inserts {
            assert_eq!(spans.len(), 1, "rows inserted under two tokens at {at:?}");
        }
        self.check_live(list.live.segments()).await;
        self.check_superseded(list.live.segments()).await;
    }

    /// What is live was committed under that generation as a whole, and its rows stand once.
    async fn check_live(&self, live: &[Segment]) {
        let committed = self.db.committed(&key(), span(1, LAST)).await.unwrap();
        for segment in live {
            for height in segment.span.from..=segment.span.to {
                let here = span(height, height);
                let found = committed
                    .iter()
                    .filter(|one| one.range.generation == segment.generation && one.range.span.covers(here));
                assert_eq!(found.count(), 1, "height {height} of {segment:?}");
                let copies = self.tables.rows.get(&(segment.generation, height));
                assert_eq!(copies, Some(&1), "rows of height {height} of {segment:?}");
            }
        }
    }

    /// What may be dropped is neither live nor being written, and never will be.
    async fn check_superseded(&self, live: &[Segment]) {
        let busy = self.db.claimed(&key()).await.unwrap();
        let quarantined = self.db.quarantined(&key()).await.unwrap();
        let busy = busy.iter().chain(quarantined.iter().map(|one| &one.range));
        let used: Vec<Segment> = busy
            .map(|range| Segment {
                span: range.span,
                generation: range.generation,
            })
            .chain(live.iter().copied())
            .collect();
        for gone in self.db.superseded(&key(), i64::MAX).await.unwrap() {
            let gone = gone.segment;
            let clash = used
                .iter()
                .find(|one| one.generation == gone.generation && one.span.overlaps(gone.span));
            assert_eq!(clash, None, "{gone:?} is superseded and in use");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_history_mixes_doubles_or_hides_rows(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Model::new().await;
            for step in steps {
                match model.step(step).await {
                    Ok(())
                    | Err(
                        StateError::Overlap { .. }
                        | StateError::Inserting { .. }
                        | StateError::NotCommitted { .. }
                        | StateError::ReindexOpen { .. },
                    ) => {}
                    Err(error) => panic!("{step:?}: {error}"),
                }
                model.check().await;
            }
        });
    }
}
