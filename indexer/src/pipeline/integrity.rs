//! Proof that a data folder is whole: what the state database says is committed is in the tables exactly
//! once, and is what the archive gives; the archive is undamaged and its headers form one chain.
//!
//! Row hashes are compared as stored. That a stored row still hashes to its `row_hash` is not recomputed.

use super::derive::derive_facts;
use super::error::PipelineError;
use super::links;
use super::ranges::RangeSet;
use super::series;
use super::vault::Vault;
use crate::chain::{Edge, Family, Machine, SERIES, SeriesKind};
use clickhouse::Row;
use clickhouse::sql::Identifier;
use gridproof_store::batch::{Batch, HeightDigest, Origin, holds_digests};
use gridproof_store::client::ClickHouse;
use gridproof_store::state_db::{CommittedRange, NetworkStatus, Span, StageKey, StateDb};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was checked and what is wrong.
#[derive(Clone, Debug, Default, Serialize)]
pub struct IntegrityReport {
    /// Network.
    pub network: String,
    /// Committed ranges compared with the tables.
    pub ranges: u64,
    /// Rows in them.
    pub rows: u64,
    /// Heights derived again from the archive and linked to the one before.
    pub heights: u64,
    /// Archive files read to their end, documents of series among them.
    pub files: u64,
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check.
    pub check: &'static str,
    /// Where.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

/// Digest of one height or entry, as a row.
#[derive(Clone, Copy, Debug, Row, Deserialize)]
struct DigestRow {
    unit: u64,
    rows: u64,
    digest_xor: u64,
    digest_sum: u64,
}

#[derive(Clone, Copy, Debug, Row, Deserialize)]
struct HeightRow {
    height: u64,
}

/// Checks one network, whose rows were derived by `rules`, with all its series.
pub async fn check_integrity<F: Family>(
    rules: &F,
    state_db: &StateDb,
    vault: &Vault,
    clickhouse: &ClickHouse,
    stored: &NetworkStatus,
) -> Result<IntegrityReport, PipelineError> {
    check_with(rules, SERIES, state_db, vault, clickhouse, stored).await
}

/// [`check_integrity`] with these kinds of series.
pub(super) async fn check_with<F: Family>(
    rules: &F,
    kinds: &[SeriesKind],
    state_db: &StateDb,
    vault: &Vault,
    clickhouse: &ClickHouse,
    stored: &NetworkStatus,
) -> Result<IntegrityReport, PipelineError> {
    let report = IntegrityReport {
        network: stored.network.name.clone(),
        ..IntegrityReport::default()
    };
    let mut check = Check {
        rules,
        state_db,
        vault,
        clickhouse,
        stored,
        report,
    };
    check.progress();
    check.archive().await?;
    check.tables(StageKey::FACTS).await?;
    if F::Machine::EXISTS {
        check.snapshot().await?;
        check.tables(StageKey::STATE).await?;
    }
    for kind in kinds {
        check.series(kind).await?;
    }
    check.settlement().await?;
    Ok(check.report)
}

struct Check<'a, F> {
    rules: &'a F,
    state_db: &'a StateDb,
    vault: &'a Vault,
    clickhouse: &'a ClickHouse,
    stored: &'a NetworkStatus,
    report: IntegrityReport,
}

impl<F: Family> Check<'_, F> {
    fn find(&mut self, check: &'static str, place: impl ToString, what: impl ToString) {
        self.report.findings.push(Finding {
            check,
            place: place.to_string(),
            what: what.to_string(),
        });
    }

    /// Every entry of a series: its document by its hash, its rows derived again, and the tables.
    ///
    /// What cannot be covered: that the document is what the world said at that time. Nobody else has it.
    async fn series(&mut self, kind: &SeriesKind) -> Result<(), PipelineError> {
        let Some(stage) = self.stored.stages.iter().find(|stage| stage.stage == kind.stage) else {
            return Ok(());
        };
        let aside = stage.quarantined.iter().map(|entry| entry.range.span);
        let known: RangeSet = stage.live.runs().into_iter().chain(aside).collect();
        let all = known.spans().next_back().and_then(|last| Span::new(1, last.to));
        for hole in all.map_or_else(Vec::new, |all| known.holes(all)) {
            let what = "entries are missing; restore the state database from a backup";
            self.find("hole", format!("{} {hole}", kind.stage), what);
        }
        for entry in &stage.quarantined {
            self.find(
                "quarantine",
                format!("{} {}", kind.stage, entry.range.span),
                &entry.reason,
            );
        }
        let key = StageKey::new(&self.report.network, kind.stage);
        for range in self.live_ranges(&key).await? {
            self.report.files += range.range.span.heights();
            match series::derived(self.vault, kind, self.origin(), range.range.span).await? {
                Ok(batch) => self.compare_range("archive", &range, batch.rows(), batch.digest()),
                Err(rejected) => self.find("archive", format!("{} {}", kind.stage, range.range.span), rejected),
            }
        }
        self.tables(kind.stage).await
    }

    fn origin(&self) -> Origin {
        Origin {
            network: self.report.network.clone(),
            chain_id: self.stored.network.chain_id.clone(),
        }
    }

    /// Holes and quarantined ranges.
    fn progress(&mut self) {
        for stage in &self.stored.stages {
            if stage.stage != StageKey::FACTS && stage.stage != StageKey::STATE {
                continue;
            }
            let live: RangeSet = stage.live.runs().into_iter().collect();
            let window = self
                .stored
                .tip_height
                .and_then(|tip| Span::new(stage.first_height, tip));
            for hole in window.map(|window| live.holes(window)).unwrap_or_default() {
                self.find(
                    "hole",
                    format!("{} {hole}", stage.stage),
                    "not committed; run `gridproof backfill`",
                );
            }
            for entry in &stage.quarantined {
                self.find(
                    "quarantine",
                    format!("{} {}", stage.stage, entry.range.span),
                    &entry.reason,
                );
            }
        }
    }

    /// Every file of the archive, the header chain, and the facts derived again.
    async fn archive(&mut self) -> Result<(), PipelineError> {
        let key = StageKey::new(&self.report.network, StageKey::FACTS);
        let mut before: Option<(u64, Edge)> = None;
        for range in self.live_ranges(&key).await? {
            let span = range.range.span;
            for file in self.vault.files(span).await? {
                self.report.files += 1;
                if let Err(error) = self.vault.verify(&file).await {
                    self.find("archive", &file.path, error);
                }
            }
            let raws = match self.vault.read::<F::Raw>(span).await {
                Ok(raws) => raws,
                Err(error) => {
                    self.find("archive", span, error);
                    before = None;
                    continue;
                }
            };
            let origin = self.origin();
            let rules = self.rules.clone();
            let derived = tokio::task::spawn_blocking(move || {
                let blocks = rules.decode(&origin.chain_id, &raws)?;
                let batch = derive_facts(&rules, origin, &blocks)?;
                let edges = blocks.first().and_then(F::edge).zip(blocks.last().and_then(F::edge));
                Ok::<_, super::quarantine::Rejected>((batch.rows(), batch.digest(), edges))
            });
            match derived.await? {
                Ok((rows, digest, edges)) => {
                    self.report.heights += span.heights();
                    self.compare_range("archive", &range, rows, digest);
                    if let Some((first, last)) = edges {
                        if let Some((_, below)) = before.filter(|(height, _)| height + 1 == span.from)
                            && let Err(error) = links::link(span.from, &first.parent_hash, &below.hash)
                        {
                            self.find("header chain", span.from, error);
                        }
                        before = Some((span.to, last));
                    }
                }
                Err(rejected) => self.find("archive", span, rejected),
            }
        }
        Ok(())
    }

    /// The snapshot that the state began with: its file, and the rows that follow from it.
    async fn snapshot(&mut self) -> Result<(), PipelineError> {
        let key = StageKey::new(&self.report.network, StageKey::STATE);
        let Some(height) = self.state_db.stage_first(&key).await? else {
            return Ok(());
        };
        self.report.files += 1;
        let raw = match self.vault.snapshot(height).await {
            Ok(raw) => raw,
            Err(error) => {
                self.find("archive", format!("snapshot {height}"), error);
                return Ok(());
            }
        };
        let origin = Origin {
            network: self.report.network.clone(),
            chain_id: self.stored.network.chain_id.clone(),
        };
        let rules = self.rules.clone();
        let derived = tokio::task::spawn_blocking(move || {
            let mut batch = Batch::new(origin);
            let state = F::Machine::seed(&rules, &raw)?;
            state.write_all(&raw, &mut batch).map_err(|error| error.to_string())?;
            Ok::<_, String>((batch.rows(), batch.digest()))
        });
        let of_snapshot = |range: &CommittedRange| {
            range.range.span
                == Span {
                    from: height,
                    to: height,
                }
        };
        let committed = self.live_ranges(&key).await?.into_iter().find(of_snapshot);
        match (derived.await?, committed) {
            (Ok((rows, digest)), Some(range)) => self.compare_range("archive", &range, rows, digest),
            (Ok(_), None) => self.find(
                "snapshot",
                height,
                "it is not committed; start the indexer, it goes on with it",
            ),
            (Err(why), _) => self.find("archive", format!("snapshot {height}"), why),
        }
        Ok(())
    }

    /// Count and hashes of each committed range, and of each height, against the tables.
    async fn tables(&mut self, stage: &str) -> Result<(), PipelineError> {
        let key = StageKey::new(&self.report.network, stage);
        let tables = self.state_db.tables(&key).await?;
        for range in self.live_ranges(&key).await? {
            let (mut heights, mut blocks_rows) = (BTreeMap::<u64, HeightDigest>::new(), 0);
            for table in &tables {
                for row in self.digests(table, &range).await? {
                    if holds_digests(table) {
                        blocks_rows += row.rows;
                    } else {
                        heights.entry(row.unit).or_default().combine(digest(&row));
                    }
                }
            }
            let mut total = HeightDigest::default();
            heights.values().for_each(|height| total.combine(*height));
            self.report.ranges += 1;
            self.report.rows += total.rows + blocks_rows;
            self.compare_range("tables", &range, total.rows + blocks_rows, total);
            if stage == StageKey::FACTS {
                self.compare_blocks(&range, &heights).await?;
            }
        }
        Ok(())
    }

    /// What each block row states of its height.
    async fn compare_blocks(
        &mut self,
        range: &CommittedRange,
        heights: &BTreeMap<u64, HeightDigest>,
    ) -> Result<(), PipelineError> {
        let span = range.range.span;
        let query = self.clickhouse.raw().query(include_str!("sql/integrity_blocks.sql"));
        let query = query
            .bind(Identifier(F::DIGEST_TABLE))
            .bind(&self.report.network)
            .bind(range.range.generation)
            .bind(span.from)
            .bind(span.to);
        let stated: BTreeMap<u64, DigestRow> = query
            .fetch_all::<DigestRow>()
            .await?
            .into_iter()
            .map(|row| (row.unit, row))
            .collect();
        let wanted: BTreeSet<u64> = if F::EVERY_HEIGHT {
            (span.from..=span.to).collect()
        } else {
            heights.keys().chain(stated.keys()).copied().collect()
        };
        for height in wanted {
            let found = heights.get(&height).copied().unwrap_or_default();
            match stated.get(&height) {
                None => self.find("blocks", height, "the block has no row"),
                Some(row) if digest(row) != found => {
                    let what = format!("the block row states {:?}, the tables have {found:?}", digest(row));
                    self.find("blocks", height, what);
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn compare_range(&mut self, check: &'static str, range: &CommittedRange, rows: u64, found: HeightDigest) {
        let (key, span) = (&range.range.key.stage, range.range.span);
        let place = format!("{key} {span}");
        if rows != range.rows {
            self.find(check, &place, format!("{rows} rows, {} were committed", range.rows));
        } else if (found.xor, found.sum) != (range.digest_xor, range.digest_sum) {
            self.find(check, &place, "the row hashes are not those that were committed");
        }
    }

    /// Blocks whose settlement differs from what was seen.
    async fn settlement(&mut self) -> Result<(), PipelineError> {
        let query = self
            .clickhouse
            .raw()
            .query(include_str!("sql/integrity_audit.sql"))
            .bind(&self.report.network);
        for row in query.fetch_all::<HeightRow>().await? {
            self.find(
                "settlement",
                row.height,
                "computed payouts and refunds differ from the transfers seen",
            );
        }
        Ok(())
    }

    async fn digests(&self, table: &str, range: &CommittedRange) -> Result<Vec<DigestRow>, PipelineError> {
        let span = range.range.span;
        let query = self
            .clickhouse
            .raw()
            .query(include_str!("sql/integrity_digest.sql"))
            .bind(Identifier(range.range.key.counts_in()))
            .bind(Identifier(table));
        let query = query
            .bind(&self.report.network)
            .bind(range.range.generation)
            .bind(Identifier(range.range.key.counts_in()))
            .bind(span.from)
            .bind(span.to);
        Ok(query.fetch_all().await?)
    }

    /// Committed ranges whose generation is live, in order of height.
    async fn live_ranges(&self, key: &StageKey) -> Result<Vec<CommittedRange>, PipelineError> {
        let live = self.state_db.live_ranges(key).await?.live;
        let everything = Span { from: 0, to: u64::MAX };
        let committed = self.state_db.committed(key, everything).await?;
        let is_live = |range: &CommittedRange| {
            let covering = |segment: &gridproof_store::state_db::Segment| {
                segment.generation == range.range.generation && segment.span.covers(range.range.span)
            };
            live.segments().iter().any(covering)
        };
        Ok(committed.into_iter().filter(is_live).collect())
    }
}

fn digest(row: &DigestRow) -> HeightDigest {
    HeightDigest {
        rows: row.rows,
        xor: row.digest_xor,
        sum: row.digest_sum,
    }
}
