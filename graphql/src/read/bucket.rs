//! Time buckets in UTC. Pure.

use async_graphql::Enum;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// The most buckets that one answer holds.
pub(crate) const MAX_BUCKETS: usize = 1_500;

/// The width of the buckets of a series. All of them begin at UTC boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum Interval {
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One UTC day.
    Day,
    /// Seven days, beginning on Monday.
    Week,
    /// One calendar month.
    Month,
}

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 60 * MINUTE_S;
const DAY_S: i64 = 24 * HOUR_S;
const WEEK_S: i64 = 7 * DAY_S;
/// 1970-01-05, the first Monday of the epoch.
const FIRST_MONDAY_S: i64 = 4 * DAY_S;

impl Interval {
    /// Seconds of a bucket, and a point in time at which one begins. A month has no fixed width: `None`.
    pub(crate) fn grid(self) -> Option<(i64, i64)> {
        match self {
            Self::Minute => Some((MINUTE_S, 0)),
            Self::Hour => Some((HOUR_S, 0)),
            Self::Day => Some((DAY_S, 0)),
            Self::Week => Some((WEEK_S, FIRST_MONDAY_S)),
            Self::Month => None,
        }
    }

    /// The beginning of the bucket that holds the second `at`.
    pub(crate) fn floor(self, at: i64) -> i64 {
        match self.grid() {
            Some((step, origin)) => origin + (at - origin).div_euclid(step) * step,
            None => month_start(at, 0),
        }
    }

    /// The beginning of the bucket after the one that begins at `start`.
    pub(crate) fn next(self, start: i64) -> i64 {
        match self.grid() {
            Some((step, _)) => start.saturating_add(step),
            None => month_start(start, 1),
        }
    }
}

/// The first second of the month `ahead` (0 or 1) months after the one that holds `at`. Beyond the calendar of the
/// `time` crate (year 9999) it answers `i64::MAX`, which ends every loop over buckets.
fn month_start(at: i64, ahead: u8) -> i64 {
    let Ok(moment) = OffsetDateTime::from_unix_timestamp(at) else {
        return i64::MAX;
    };
    let (year, month) = match (moment.month(), ahead) {
        (month, 0) => (moment.year(), month),
        (Month::December, _) => (moment.year() + 1, Month::January),
        (month, _) => (moment.year(), month.next()),
    };
    Date::from_calendar_date(year, month, 1).map_or(i64::MAX, |first| {
        OffsetDateTime::new_in_offset(first, Time::MIDNIGHT, UtcOffset::UTC).unix_timestamp()
    })
}

/// A row of buckets: `edges[i]..edges[i + 1]` is bucket `i`, in seconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Buckets {
    /// The width.
    pub(crate) interval: Interval,
    /// The edges; one more than there are buckets.
    pub(crate) edges: Vec<i64>,
}

/// More buckets were asked for than one answer may hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyBuckets;

impl Buckets {
    /// The buckets that touch the half-open range `[from, to)` of seconds. An empty range has none.
    pub(crate) fn covering(interval: Interval, from: i64, to: i64) -> Result<Self, TooManyBuckets> {
        let mut edges = vec![interval.floor(from)];
        let mut edge = edges[0];
        while edge < to {
            if edges.len() > MAX_BUCKETS {
                return Err(TooManyBuckets);
            }
            edge = interval.next(edge);
            edges.push(edge);
        }
        Ok(Self { interval, edges })
    }

    /// The last `MAX_BUCKETS` buckets (or fewer) that touch `[from, to)`.
    pub(crate) fn latest(interval: Interval, from: i64, to: i64) -> Self {
        let mut start = interval.floor(from);
        if let Some((step, _)) = interval.grid() {
            let room = step.saturating_mul(MAX_BUCKETS as i64 - 1);
            start = start.max(interval.floor(to.saturating_sub(1).saturating_sub(room)));
        }
        Self::covering(interval, start, to).unwrap_or(Self {
            interval,
            edges: vec![interval.floor(to)],
        })
    }

    /// The first second of the first bucket.
    pub(crate) fn from(&self) -> i64 {
        self.edges[0]
    }

    /// The second after the last bucket.
    pub(crate) fn to(&self) -> i64 {
        self.edges[self.edges.len() - 1]
    }

    /// Begin and end of each bucket.
    pub(crate) fn spans(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.edges.windows(2).map(|pair| (pair[0], pair[1]))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use time::macros::datetime;

    fn s(moment: OffsetDateTime) -> i64 {
        moment.unix_timestamp()
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let sunday = s(datetime!(2026-03-01 23:59:59 UTC));
        assert_eq!(Interval::Week.floor(sunday), s(datetime!(2026-02-23 0:00 UTC)));
        assert_eq!(Interval::Month.floor(sunday), s(datetime!(2026-03-01 0:00 UTC)));
        assert_eq!(
            Interval::Month.next(s(datetime!(2026-12-01 0:00 UTC))),
            s(datetime!(2027-01-01 0:00 UTC))
        );
    }

    #[test]
    fn buckets_touch_the_whole_range_and_nothing_more() {
        let from = s(datetime!(2026-11-20 10:30 UTC));
        let to = s(datetime!(2026-11-20 13:00 UTC));
        let hours = Buckets::covering(Interval::Hour, from, to).unwrap();
        assert_eq!(hours.from(), s(datetime!(2026-11-20 10:00 UTC)));
        assert_eq!(hours.to(), to);
        assert_eq!(hours.spans().count(), 3);
        assert_eq!(
            Buckets::covering(Interval::Hour, from, from - 4000)
                .unwrap()
                .spans()
                .count(),
            0
        );
    }

    #[test]
    fn a_range_with_too_many_buckets_is_refused() {
        assert_eq!(Buckets::covering(Interval::Minute, 0, i64::MAX), Err(TooManyBuckets));
        let exact = 60 * MAX_BUCKETS as i64;
        assert_eq!(
            Buckets::covering(Interval::Minute, 0, exact).unwrap().spans().count(),
            MAX_BUCKETS
        );
        assert_eq!(Buckets::covering(Interval::Minute, 0, exact + 1), Err(TooManyBuckets));
    }

    #[test]
    fn the_default_range_is_cut_to_the_newest_buckets() {
        let year = 365 * DAY_S;
        let minutes = Buckets::latest(Interval::Minute, 0, year);
        assert_eq!(minutes.to(), year);
        assert_eq!(minutes.spans().count(), MAX_BUCKETS);
        assert_eq!(Buckets::latest(Interval::Day, 0, year).spans().count(), 365);
    }

    #[test]
    fn times_beyond_the_calendar_end_the_loop() {
        assert_eq!(Interval::Month.next(i64::MAX - 1), i64::MAX);
    }
}
