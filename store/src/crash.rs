//! Named points at which a test can end the process.
//!
//! `GRIDPROOF_CRASH_AT=after-insert-1` aborts the process the first time that it passes the point of that
//! name, `GRIDPROOF_CRASH_AT=after-insert-1:3` the third time. Without the variable a point is one comparison.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Environment variable that arms one point.
pub const VARIABLE: &str = "GRIDPROOF_CRASH_AT";

/// The points of the commit protocol, in the order in which a range passes them.
pub const POINTS: [&str; 7] = [
    "after-archive",
    "after-claim",
    "after-insert-1",
    "after-insert-all",
    "before-cursor",
    "after-cursor",
    "after-mirror",
];

/// The armed point, if any. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct CrashPoints {
    armed: Option<Arc<Armed>>,
}

#[derive(Debug)]
struct Armed {
    name: String,
    passes_left: AtomicU64,
}

impl CrashPoints {
    /// No point is armed.
    pub fn none() -> Self {
        Self::default()
    }

    /// What [`VARIABLE`] says; nothing is armed when it is unset.
    pub fn from_env() -> Self {
        std::env::var(VARIABLE).map_or_else(|_| Self::none(), |value| Self::parse(&value))
    }

    /// `name` or `name:n`, where `n` counts from 1.
    pub fn parse(value: &str) -> Self {
        let (name, count) = match value.rsplit_once(':') {
            Some((name, count)) => (name, count.parse().unwrap_or(1)),
            None => (value, 1),
        };
        Self {
            armed: Some(Arc::new(Armed {
                name: name.to_owned(),
                passes_left: AtomicU64::new(count),
            })),
        }
    }

    /// Aborts the process if this point is armed and its count is reached.
    pub fn pass(&self, point: &str) {
        if self.reached(point) {
            std::process::abort();
        }
    }

    fn reached(&self, point: &str) -> bool {
        self.armed
            .as_ref()
            .is_some_and(|armed| armed.name == point && armed.passes_left.fetch_sub(1, Ordering::SeqCst) == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_reached_once_at_its_count() {
        let points = CrashPoints::parse("after-insert-1:2");
        assert!(!points.reached("after-insert-1"));
        assert!(!points.reached("after-mirror"));
        assert!(points.clone().reached("after-insert-1"));
        assert!(!points.reached("after-insert-1"));
    }

    #[test]
    fn nothing_is_reached_unarmed() {
        assert!(POINTS.iter().all(|point| !CrashPoints::none().reached(point)));
    }
}
