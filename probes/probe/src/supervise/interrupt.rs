//! Ctrl-C and SIGTERM: the first ends the run in good order, the second at once.

use crate::exit::Code;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Time between two looks of those that sleep.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Whether somebody asked for an end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens to the signals. The second one ends this process on the spot; workers die with it (their parent-death
    /// signal), and no partial file exists while measuring.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let interrupt = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let code = Code::Interrupted as i32;
            // In this order: the first signal finds the flag unset, then sets it.
            signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&interrupt.asked))?;
            signal_hook::flag::register(signal, Arc::clone(&interrupt.asked))?;
        }
        Ok(interrupt)
    }

    /// Whether to stop.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Comes back once it is time to stop.
    pub(crate) async fn wait(&self) {
        while !self.is_asked() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// As a signal would.
    #[cfg(test)]
    pub(crate) fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }
}
