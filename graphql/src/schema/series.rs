//! What the time series have in common: the range, the frame, and the head of each point.

use async_graphql::SimpleObject;
use time::OffsetDateTime;

use super::definitions::Definition;
use super::error::ApiError;
use super::evidence::Evidence;
use super::scalars::{millis, moment_s};
use super::scope::{AnswerMeta, Api, Asked, BlockRef, Scope};
use crate::read::ReadError;
use crate::read::bucket::{Buckets, Interval, MAX_BUCKETS};
use crate::read::series::BucketBlocks;

/// The arguments of every series.
pub(crate) struct SeriesArgs<'a> {
    /// The field of the query that is answered.
    pub(crate) field: &'static str,
    pub(crate) network: &'a str,
    pub(crate) from: Option<OffsetDateTime>,
    pub(crate) to: Option<OffsetDateTime>,
    pub(crate) interval: Interval,
    pub(crate) asked: Asked,
}

/// A resolved series: its frame and its buckets.
pub(crate) struct Frame {
    pub(crate) scope: Scope,
    pub(crate) buckets: Buckets,
}

/// What every series says about itself.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "SeriesHead")]
pub(crate) struct SeriesHead {
    /// What the values mean, and how they are computed.
    definition: &'static str,
    /// The unit of the values.
    unit: &'static str,
    /// How many observations the whole series rests on; `sampleUnit` says of what.
    sample_size: u64,
    /// What `sampleSize` counts.
    sample_unit: &'static str,
    /// How we know the values.
    evidence: Evidence,
    /// The width of a bucket. Buckets begin at UTC boundaries; weeks begin on Monday.
    interval: Interval,
    /// The beginning of the first bucket.
    from: OffsetDateTime,
    /// The end of the last bucket (not part of it).
    to: OffsetDateTime,
    /// The block as of which the answer holds.
    as_of: BlockRef,
    /// How far the answer can be trusted.
    meta: AnswerMeta,
}

/// What every point of a series says about its bucket.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "PointHead")]
pub(crate) struct PointHead {
    /// The beginning of the bucket.
    time: OffsetDateTime,
    /// The end of the bucket (not part of it).
    end_time: OffsetDateTime,
    /// How many indexed blocks the bucket holds.
    blocks: u64,
    /// The first of them; null when there is none.
    first_height: Option<u64>,
    /// The last of them; null when there is none.
    last_height: Option<u64>,
    /// True when the whole bucket is known; false for a bucket at the edge of what is indexed, or outside it.
    complete: bool,
}

impl Frame {
    /// Resolves the frame of a series. Without `from` and `to` the range is all that is known, cut to the newest
    /// buckets that fit.
    pub(crate) async fn resolve(api: &Api, args: &SeriesArgs<'_>) -> Result<Self, ApiError> {
        let scope = Scope::resolve(api, args.network, args.field, args.asked).await?;
        let buckets = choose_buckets(&scope, args)?;
        Ok(Self { scope, buckets })
    }

    /// The blocks in each bucket; a bucket without any has no entry.
    pub(crate) async fn blocks(&self, api: &Api) -> Result<Vec<BucketBlocks>, ReadError> {
        let network = &self.scope.network.name;
        api.reader.bucket_blocks(network, self.scope.plan, &self.buckets).await
    }

    /// The head of the series.
    pub(crate) fn head(&self, definition: &Definition, sample_size: u64, meta: AnswerMeta) -> SeriesHead {
        SeriesHead {
            definition: definition.text,
            unit: definition.unit,
            sample_size,
            sample_unit: definition.sample,
            evidence: definition.evidence,
            interval: self.buckets.interval,
            from: moment_s(self.buckets.from()),
            to: moment_s(self.buckets.to()),
            as_of: self.scope.as_of,
            meta,
        }
    }

    /// For each bucket, whether it overlaps what is known (else its values are null), and the head of its point.
    /// `trusted`: false when no bucket of this answer can be complete.
    pub(crate) fn heads(&self, blocks: &[BucketBlocks], trusted: bool) -> impl Iterator<Item = (bool, PointHead)> {
        let known = self.scope.known;
        self.buckets.spans().map(move |(start, end)| {
            let blocks = blocks.iter().find(|blocks| blocks.bucket == start);
            let head = PointHead {
                time: moment_s(start),
                end_time: moment_s(end),
                blocks: blocks.map_or(0, |b| b.blocks),
                first_height: blocks.map(|b| b.first_height),
                last_height: blocks.map(|b| b.last_height),
                complete: trusted && known.holds(start, end),
            };
            (known.touches(start, end), head)
        })
    }
}

fn choose_buckets(scope: &Scope, args: &SeriesArgs<'_>) -> Result<Buckets, ApiError> {
    let end_ms = args.to.map_or(scope.known.to_ms.saturating_add(1), millis);
    let to = ceil_seconds(end_ms);
    let Some(from) = args.from else {
        return Ok(Buckets::latest(
            args.interval,
            scope.known.from_ms.div_euclid(1000).min(to),
            to,
        ));
    };
    let from = millis(from).div_euclid(1000);
    if from >= to {
        return Err(ApiError::BadInput(
            "`from` must be before `to` (without `to`: before the newest block)".into(),
        ));
    }
    Buckets::covering(args.interval, from, to).map_err(|_| {
        ApiError::BadInput(format!(
            "the range holds more than {MAX_BUCKETS} buckets; ask for a coarser interval or a shorter range"
        ))
    })
}

fn ceil_seconds(ms: i64) -> i64 {
    ms.div_euclid(1000).saturating_add(i64::from(ms.rem_euclid(1000) != 0))
}
