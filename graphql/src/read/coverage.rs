//! What is committed, and what a question about a height may therefore read. Pure, but for the two readers at the end.

use clickhouse::Row;
use serde::Deserialize;

use super::{ReadError, Reader};

/// A contiguous run of committed heights, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// The committed heights of one stage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stage {
    /// Runs in height order that neither touch nor overlap.
    pub(crate) segments: Vec<Segment>,
    /// The highest generation among the live ranges.
    pub(crate) generation: u32,
    /// When the newest range was committed, in seconds since the epoch.
    pub(crate) committed_at: Option<i64>,
}

impl Stage {
    /// The run that holds the tip.
    pub(crate) fn tip(&self) -> Option<Segment> {
        self.segments.last().copied()
    }

    /// The holes between the runs.
    pub(crate) fn gaps(&self) -> Vec<Segment> {
        self.segments
            .windows(2)
            .map(|pair| Segment {
                from: pair[0].to + 1,
                to: pair[1].from - 1,
            })
            .collect()
    }

    fn push(&mut self, row: &CoverageRow) {
        self.generation = self.generation.max(row.generation);
        self.committed_at = self.committed_at.max(Some(row.committed_at));
        match self.segments.last_mut() {
            Some(last) if row.from_height <= last.to.saturating_add(1) => last.to = last.to.max(row.to_height),
            _ => self.segments.push(Segment {
                from: row.from_height,
                to: row.to_height,
            }),
        }
    }
}

/// The committed heights of both stages of one network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Coverage {
    /// Range-pure rows, any order.
    pub(crate) facts: Stage,
    /// Rows of the state machine, in height order.
    pub(crate) state: Stage,
}

/// Where the rows of an answer come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
pub(crate) enum Source {
    /// The height-ordered state machine: every object as the chain's own store has it.
    State,
    /// Events and transfers of the committed blocks alone; what happened before them is not known.
    Facts,
}

/// A decision which rows answer a question as of a height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The height as of which the answer holds.
    pub(crate) as_of: u64,
    /// The first height of the run that the answer reads.
    pub(crate) low: u64,
    /// Where the rows come from.
    pub(crate) source: Source,
}

/// Why a question about a height cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotCovered {
    /// Nothing is committed.
    #[error("nothing is committed yet for this network; ask again once the first blocks are indexed")]
    Nothing,
    /// The block itself is not among the committed facts, though the state at its height is.
    #[error("the block at height {asked} is not committed yet; ask again in a moment")]
    NoBlock {
        /// The height asked for.
        asked: u64,
    },
    /// Past the newest committed height.
    #[error("height {asked} is beyond the watermark: the newest committed height is {watermark}")]
    Beyond {
        /// The height asked for.
        asked: u64,
        /// The newest committed height.
        watermark: u64,
    },
    /// Before the oldest height of the run that holds the tip.
    #[error("the index is incomplete before height {first}, the first that is committed: {asked} is not known")]
    Before {
        /// The height asked for.
        asked: u64,
        /// The first height of the run that holds the tip.
        first: u64,
    },
}

impl Coverage {
    /// Folds the live ranges, which must come in height order for each stage.
    fn from_rows(rows: &[CoverageRow]) -> Self {
        let mut coverage = Self::default();
        for row in rows {
            match row.stage.as_str() {
                "facts" => coverage.facts.push(row),
                "state" => coverage.state.push(row),
                _ => {}
            }
        }
        coverage
    }

    /// The first and the last height that any question may ask for.
    pub(crate) fn bounds(&self) -> Option<Segment> {
        match (self.state.tip(), self.facts.tip()) {
            (Some(a), Some(b)) => Some(Segment {
                from: a.from.min(b.from),
                to: a.to.max(b.to),
            }),
            (one, other) => one.or(other),
        }
    }

    /// Chooses the rows for a question as of `asked` (`None`: the newest height whose state is known).
    /// The state stage answers wherever it has the height; events answer beyond it.
    pub(crate) fn plan(&self, asked: Option<u64>) -> Result<Plan, NotCovered> {
        let bounds = self.bounds().ok_or(NotCovered::Nothing)?;
        let stages = [(self.state.tip(), Source::State), (self.facts.tip(), Source::Facts)];
        let newest = stages[0].0.map_or(bounds.to, |state| state.to);
        let as_of = asked.unwrap_or(newest);
        for (tip, source) in stages {
            if let Some(run) = tip.filter(|run| (run.from..=run.to).contains(&as_of)) {
                return Ok(Plan {
                    as_of,
                    low: run.from,
                    source,
                });
            }
        }
        Err(match as_of {
            beyond if beyond > bounds.to => NotCovered::Beyond {
                asked: beyond,
                watermark: bounds.to,
            },
            before if before < bounds.from => NotCovered::Before {
                asked: before,
                first: bounds.from,
            },
            // Between the state stage and the facts segment that holds the tip.
            between => NotCovered::Before {
                asked: between,
                first: self.facts.tip().map_or(bounds.from, |run| run.from),
            },
        })
    }
}

#[derive(Debug, Row, Deserialize)]
struct CoverageRow {
    stage: String,
    from_height: u64,
    to_height: u64,
    generation: u32,
    committed_at: i64,
}

/// A block's height and time in milliseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Row, Deserialize)]
struct BlockTime {
    height: u64,
    time_ms: i64,
}

/// Times of a few blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockTimes(Vec<BlockTime>);

impl BlockTimes {
    /// Times of both ends of a run, in milliseconds since the epoch.
    pub(crate) fn of_run(run: Segment, ends: Option<(i64, i64)>) -> Self {
        let blocks = ends.map(|(first_ms, last_ms)| [(run.from, first_ms), (run.to, last_ms)]);
        let blocks = blocks.into_iter().flatten();
        Self(blocks.map(|(height, time_ms)| BlockTime { height, time_ms }).collect())
    }

    /// The time of the block at `height`, if it is among them.
    pub(crate) fn at(&self, height: u64) -> Option<i64> {
        self.0
            .iter()
            .find(|block| block.height == height)
            .map(|block| block.time_ms)
    }
}

#[derive(Row, Deserialize)]
struct Height {
    last_height: u64,
}

impl Reader {
    /// What is committed for `network`.
    pub(crate) async fn coverage(&self, network: &str) -> Result<Coverage, ReadError> {
        let rows = Self::all(self.query(include_str!("../../sql/coverage.sql"), network)).await?;
        Ok(Coverage::from_rows(&rows))
    }

    /// Times of the given heights; heights that are not committed are left out.
    pub(crate) async fn block_times(&self, network: &str, heights: &[u64]) -> Result<BlockTimes, ReadError> {
        let query = self
            .query(include_str!("../../sql/blocks_at.sql"), network)
            .param("heights", heights);
        Ok(BlockTimes(Self::all(query).await?))
    }

    /// The last height of `run` whose block is not younger than `ms`, if there is one.
    pub(crate) async fn height_at(&self, network: &str, run: Segment, ms: i64) -> Result<Option<u64>, ReadError> {
        let query = self
            .query(include_str!("../../sql/height_at_time.sql"), network)
            .param("low", run.from)
            .param("high", run.to)
            .param("ms", ms);
        let found: Option<Height> = Self::one(query).await?;
        Ok(found.map(|row| row.last_height).filter(|height| *height > 0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn row(stage: &str, from_height: u64, to_height: u64) -> CoverageRow {
        CoverageRow {
            stage: stage.to_owned(),
            from_height,
            to_height,
            generation: 1,
            committed_at: 7,
        }
    }

    #[test]
    fn touching_ranges_are_one_segment_and_holes_are_gaps() {
        let coverage = Coverage::from_rows(&[row("facts", 1, 100), row("facts", 101, 200), row("facts", 301, 400)]);
        assert_eq!(
            coverage.facts.segments,
            [Segment { from: 1, to: 200 }, Segment { from: 301, to: 400 }]
        );
        assert_eq!(coverage.facts.gaps(), [Segment { from: 201, to: 300 }]);
    }

    #[test]
    fn state_answers_where_it_is_and_facts_beyond_it() {
        let coverage = Coverage::from_rows(&[row("facts", 51, 400), row("state", 1, 200)]);
        let state = |as_of| Plan {
            as_of,
            low: 1,
            source: Source::State,
        };
        assert_eq!(coverage.plan(None).unwrap(), state(200));
        assert_eq!(coverage.plan(Some(7)).unwrap(), state(7));
        assert_eq!(
            coverage.plan(Some(300)).unwrap(),
            Plan {
                as_of: 300,
                low: 51,
                source: Source::Facts
            }
        );
    }

    #[test]
    fn before_a_snapshot_the_state_is_incomplete() {
        let coverage = Coverage::from_rows(&[row("facts", 51, 100), row("state", 50, 50), row("state", 51, 100)]);
        let plan = coverage.plan(Some(50)).unwrap();
        assert_eq!((plan.source, plan.low), (Source::State, 50));
        let before = coverage.plan(Some(49)).unwrap_err();
        assert_eq!(before, NotCovered::Before { asked: 49, first: 50 });
        assert!(before.to_string().contains("incomplete before height 50"), "{before}");
        // Older facts answer from events alone.
        let coverage = Coverage::from_rows(&[row("facts", 20, 100), row("state", 50, 100)]);
        assert_eq!(coverage.plan(Some(49)).unwrap().source, Source::Facts);
    }

    #[test]
    fn heights_outside_are_refused_with_the_bound() {
        let coverage = Coverage::from_rows(&[row("facts", 300, 400), row("state", 1, 200)]);
        assert_eq!(
            coverage.plan(Some(401)),
            Err(NotCovered::Beyond {
                asked: 401,
                watermark: 400
            })
        );
        assert_eq!(
            coverage.plan(Some(250)),
            Err(NotCovered::Before { asked: 250, first: 300 })
        );
        assert_eq!(coverage.plan(Some(0)), Err(NotCovered::Before { asked: 0, first: 1 }));
        assert_eq!(Coverage::default().plan(None), Err(NotCovered::Nothing));
    }
}
