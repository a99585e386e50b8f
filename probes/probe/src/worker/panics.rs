//! Panics as failures: the loader below the driver's layer panics where a library or function is missing.

use super::Failure;
use super::wire::FailureKind;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Longest text that is passed on, characters.
const MAX_CHARACTERS: usize = 400;

/// The result of `work`, or its panic. What it shares with the caller must make sense after a panic, too.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| failure(&*payload))
}

fn failure(payload: &(dyn Any + Send)) -> Failure {
    let text = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (None, Some(text)) => text.clone(),
        (None, None) => "without a text".to_owned(),
    };
    let kind = if text.contains("Unable to dynamically load") {
        FailureKind::NoDriver
    } else if text.contains("Expected symbol in library") {
        FailureKind::OldDriver
    } else {
        FailureKind::Internal
    };
    let text: String = text.chars().take(MAX_CHARACTERS).collect();
    Failure {
        kind,
        error: format!("panic: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &'static str) -> FailureKind {
        caught(|| panic!("{text}")).expect_err("it panics").kind
    }

    #[test]
    fn a_panic_of_the_loader_says_what_is_missing() {
        assert_eq!(
            kind("Unable to dynamically load the \"cuda\" shared library"),
            FailureKind::NoDriver
        );
        assert_eq!(kind("Expected symbol in library: DlSym"), FailureKind::OldDriver);
        assert_eq!(kind("index out of bounds"), FailureKind::Internal);
    }

    #[test]
    fn the_text_is_kept_and_bounded() {
        assert_eq!(
            caught(|| panic!("why {}", 7)).expect_err("it panics").error,
            "panic: why 7"
        );
        let endless = caught(|| std::panic::panic_any("x".repeat(1 << 20))).expect_err("it panics");
        assert!(endless.error.len() < 500);
        assert_eq!(
            caught(|| std::panic::panic_any(7)).expect_err("it panics").error,
            "panic: without a text"
        );
        assert_eq!(caught(|| 5), Ok(5));
    }
}
