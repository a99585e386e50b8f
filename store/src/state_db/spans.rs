//! The algebra of height ranges: coverage, holes, and which generation is live where. Pure.

use serde::{Deserialize, Serialize};

/// A range of heights, both ends included; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First height.
    pub from: u64,
    /// Last height.
    pub to: u64,
}

impl Span {
    /// `from..=to`, or `None` if that is empty.
    pub const fn new(from: u64, to: u64) -> Option<Self> {
        if from <= to { Some(Self { from, to }) } else { None }
    }

    /// Number of heights; saturates for the range of all of them.
    pub const fn heights(self) -> u64 {
        (self.to - self.from).saturating_add(1)
    }

    /// Whether the two share a height.
    pub const fn overlaps(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }

    /// Whether every height of `other` is in this span.
    pub const fn covers(self, other: Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// What the two share.
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }

    /// Whether `other` begins right after this span.
    const fn meets(self, other: Self) -> bool {
        match self.to.checked_add(1) {
            Some(next) => next == other.from,
            None => false,
        }
    }

    /// What is left of this span without `other`: the parts before and after it.
    fn without(self, other: Self) -> [Option<Self>; 2] {
        if !self.overlaps(other) {
            return [Some(self), None];
        }
        let before = other.from.checked_sub(1).and_then(|to| Self::new(self.from, to));
        let after = other.to.checked_add(1).and_then(|from| Self::new(from, self.to));
        [before, after]
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.from, self.to)
    }
}

/// A span that belongs to a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Segment {
    /// The heights.
    #[serde(flatten)]
    pub span: Span,
    /// Their generation.
    pub generation: u32,
}

/// Which generation is live at which height: segments in order, disjoint, merged where they meet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Coverage {
    segments: Vec<Segment>,
}

impl FromIterator<Segment> for Coverage {
    /// Later segments win where they overlap earlier ones.
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        let mut coverage = Self::default();
        for segment in segments {
            coverage.replace(segment.span, segment.generation);
        }
        coverage
    }
}

impl Coverage {
    /// The segments in order of height.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether nothing is covered.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Makes `generation` live on `span` and returns what it replaces there, in order.
    pub fn replace(&mut self, span: Span, generation: u32) -> Vec<Segment> {
        let mut replaced = Vec::new();
        let mut kept = Vec::with_capacity(self.segments.len() + 2);
        for segment in &self.segments {
            if let Some(span) = segment.span.intersection(span) {
                replaced.push(Segment { span, ..*segment });
            }
            let parts = segment.span.without(span).into_iter().flatten();
            kept.extend(parts.map(|span| Segment { span, ..*segment }));
        }
        kept.push(Segment { span, generation });
        kept.sort_unstable();
        self.segments = merge(kept);
        replaced
    }

    /// Adds `span`, of which no height may be covered yet.
    ///
    /// Returns the first overlapping segment otherwise, and changes nothing.
    pub fn add(&mut self, span: Span, generation: u32) -> Result<(), Segment> {
        match self.segments.iter().find(|segment| segment.span.overlaps(span)) {
            Some(overlap) => Err(*overlap),
            None => {
                self.replace(span, generation);
                Ok(())
            }
        }
    }

    /// Covered runs, whatever their generation.
    pub fn runs(&self) -> Vec<Span> {
        let mut runs: Vec<Span> = Vec::new();
        for segment in &self.segments {
            match runs.last_mut() {
                Some(run) if run.meets(segment.span) => run.to = segment.span.to,
                _ => runs.push(segment.span),
            }
        }
        runs
    }

    /// The run that holds `height`.
    pub fn run_at(&self, height: u64) -> Option<Span> {
        self.runs()
            .into_iter()
            .find(|run| run.from <= height && height <= run.to)
    }

    /// Whether every height of `span` is covered.
    pub fn covers(&self, span: Span) -> bool {
        self.run_at(span.from).is_some_and(|run| run.covers(span))
    }

    /// Whether any height of `span` is covered.
    pub fn overlaps(&self, span: Span) -> bool {
        self.segments.iter().any(|segment| segment.span.overlaps(span))
    }

    /// What of `within` is not covered, in order.
    pub fn holes(&self, within: Span) -> Vec<Span> {
        let mut holes = vec![within];
        for segment in &self.segments {
            holes = holes
                .into_iter()
                .flat_map(|hole| hole.without(segment.span))
                .flatten()
                .collect();
        }
        holes
    }
}

/// Joins neighbours of the same generation; the input is sorted and disjoint.
fn merge(segments: Vec<Segment>) -> Vec<Segment> {
    let mut merged: Vec<Segment> = Vec::with_capacity(segments.len());
    for segment in segments {
        match merged.last_mut() {
            Some(last) if last.generation == segment.generation && last.span.meets(segment.span) => {
                last.span.to = segment.span.to;
            }
            _ => merged.push(segment),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
