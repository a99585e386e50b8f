//! How often a source that refuses is asked: less and less, but never never.

use super::refusal::Refusal;
use crate::chain::prices::Answer;

/// First pause, milliseconds; it doubles with every refusal.
const FIRST_MS: i64 = 60_000;
/// Longest pause, milliseconds.
const LONGEST_MS: i64 = 600_000;

/// What one question has met.
#[derive(Clone, Debug, Default)]
pub(super) struct Backoff {
    refusals: u32,
    until_ms: i64,
    last: Option<Refusal>,
    succeeded: bool,
}

impl Backoff {
    /// The refusal to tell without asking; `None`: ask.
    pub(super) fn waits(&self, now_ms: i64) -> Option<Refusal> {
        let last = self.last.as_ref().filter(|_| now_ms < self.until_ms)?;
        let left = (self.until_ms - now_ms + 999) / 1000;
        let (code, reason, times) = (last.code, &last.reason, self.refusals);
        let reason = format!("not asked for another {left} s after {times} refusals; the last one: {reason}");
        Some(Refusal::new(code, reason))
    }

    /// Takes note of an answer. One that came from [`Self::waits`] changes nothing.
    pub(super) fn heard(&mut self, answer: &Result<Answer, Refusal>, now_ms: i64) {
        match answer {
            Ok(_) => {
                *self = Self {
                    succeeded: true,
                    ..Self::default()
                };
            }
            Err(_) if now_ms < self.until_ms => {}
            Err(refusal) => {
                self.refusals = self.refusals.saturating_add(1);
                // The first refusal costs nothing: the next round asks again.
                let doubled = FIRST_MS.saturating_mul(1_i64 << self.refusals.saturating_sub(2).min(10));
                let own = if self.refusals < 2 { 0 } else { doubled.min(LONGEST_MS) };
                let told = refusal
                    .retry_after
                    .map_or(0, |wait| i64::try_from(wait.as_millis()).unwrap_or(LONGEST_MS));
                self.until_ms = now_ms.saturating_add(own.max(told.min(LONGEST_MS)));
                self.last = Some(refusal.clone());
            }
        }
    }

    /// Whether the last answer was one.
    pub(super) fn succeeded(&self) -> bool {
        self.succeeded
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::Duration;

    fn refused(wait: Option<u64>) -> Result<Answer, Refusal> {
        Err(Refusal {
            retry_after: wait.map(Duration::from_secs),
            ..Refusal::new("unreachable", "connection refused")
        })
    }

    #[test]
    fn pauses_grow_to_ten_minutes_and_end_with_the_first_answer() {
        let (mut backoff, mut now, mut asked) = (Backoff::default(), 0, Vec::new());
        while asked.len() < 8 {
            if backoff.waits(now).is_none() {
                asked.push(now / 60_000);
                backoff.heard(&refused(None), now);
            }
            now += 60_000;
        }
        assert_eq!(
            asked,
            [0, 1, 2, 4, 8, 16, 26, 36],
            "minutes at which a dead source is asked"
        );
        let told = backoff.waits(now).unwrap();
        assert!(
            told.reason
                .contains("after 8 refusals; the last one: connection refused"),
            "{}",
            told.reason
        );
        let answer = Answer::Served {
            endpoint: String::new(),
            bodies: Vec::new(),
        };
        backoff.heard(&Ok(answer), now);
        assert_eq!(backoff.waits(now), None);
    }

    #[test]
    fn what_the_source_asks_us_to_wait_is_kept_up_to_ten_minutes() {
        let mut backoff = Backoff::default();
        backoff.heard(&refused(Some(90)), 0);
        assert!(backoff.waits(89_999).is_some() && backoff.waits(90_000).is_none());
        backoff.heard(&refused(Some(86_400)), 90_000);
        assert!(backoff.waits(689_999).is_some() && backoff.waits(690_000).is_none());
    }
}
