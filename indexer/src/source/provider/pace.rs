//! How often a stream may speak.

use tokio::time::{Duration, Instant};

use super::{Refusal, RefusalCode};

/// Messages at once, and how long until there is room for one more. A busy provider sends a few in a second.
const ANY: (u32, Duration) = (120, Duration::from_millis(500));
/// The same for messages that say what the one before said.
const SAME: (u32, Duration) = (30, Duration::from_secs(10));

/// Counts what one stream sends.
#[derive(Debug)]
pub(super) struct Pace {
    any: Room,
    same: Room,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            any: Room::new(ANY, now),
            same: Room::new(SAME, now),
        }
    }

    /// Counts a message. Refuses a stream that says more than anybody reads, before the message is read.
    pub(super) fn message(&mut self, now: Instant) -> Result<(), Refusal> {
        if self.any.take(now) {
            return Ok(());
        }
        let reason = format!(
            "the stream sent over {} messages at once, and more than one in {:?}",
            ANY.0, ANY.1
        );
        Err(Refusal::new(RefusalCode::Flood, reason))
    }

    /// Counts a message that said nothing new.
    pub(super) fn repeat(&mut self, now: Instant) -> Result<(), Refusal> {
        if self.same.take(now) {
            return Ok(());
        }
        let reason = format!(
            "the stream repeats itself: over {} times at once, and more than once in {:?}",
            SAME.0, SAME.1
        );
        Err(Refusal::new(RefusalCode::Repeats, reason))
    }
}

/// Room for so many, one more after each pause.
#[derive(Debug)]
struct Room {
    size: u32,
    pause: Duration,
    left: u32,
    since: Instant,
}

impl Room {
    fn new((size, pause): (u32, Duration), now: Instant) -> Self {
        Self {
            size,
            pause,
            left: size,
            since: now,
        }
    }

    fn take(&mut self, now: Instant) -> bool {
        while self.left < self.size && now.duration_since(self.since) >= self.pause {
            self.left += 1;
            self.since += self.pause;
        }
        if self.left == self.size {
            self.since = now;
        }
        let any = self.left > 0;
        self.left = self.left.saturating_sub(1);
        any
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_stream_may_repeat_itself_now_and_then_for_ever() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        for _ in 0..10_000 {
            now += SAME.1;
            pace.message(now).unwrap();
            pace.repeat(now).unwrap();
        }
    }

    #[test]
    fn repeating_at_once_ends_after_thirty_times_and_anything_after_a_hundred_and_twenty() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        assert_eq!((0..).take_while(|_| pace.repeat(now).is_ok()).count(), 30);
        assert_eq!(pace.repeat(now).unwrap_err().code, RefusalCode::Repeats);
        assert_eq!((0..).take_while(|_| pace.message(now).is_ok()).count(), 120);
        assert_eq!(pace.message(now).unwrap_err().code, RefusalCode::Flood);
        assert!(pace.message(now + ANY.1).is_ok());
    }
}
