//! The one driver of this process, and waiting for it without holding it.

use crate::driver::{Driver, Waited};
use crate::error::{Answer, CuError};
use crate::scenario::{Settings, from_environment};
use std::cell::Cell;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

static DRIVER: Mutex<Option<Driver>> = Mutex::new(None);

/// Below this rest a waiting thread spins: the operating system's sleep is coarser.
const SPIN_NS: u64 = 120_000;

thread_local! {
    static CONTEXT: Cell<u64> = const { Cell::new(0) };
}

/// Context of this thread; 0 for none.
pub fn context() -> u64 {
    CONTEXT.get()
}

/// Sets the context of this thread.
pub fn set_context(context: u64) {
    CONTEXT.set(context);
}

/// Runs `call` on the driver, which the first call makes from the environment. A wrong environment ends the process:
/// a test that misspells a scenario must not run on another one.
pub fn with<T>(call: impl FnOnce(&mut Driver) -> T) -> T {
    let mut driver = DRIVER.lock().unwrap_or_else(PoisonError::into_inner);
    call(
        driver.get_or_insert_with(|| match from_environment(|key| std::env::var(key).ok()) {
            Ok(settings) => Driver::new(settings),
            Err(message) => {
                eprintln!("gridproof-fakecuda: {message}");
                std::process::abort();
            }
        }),
    )
}

/// Replaces the driver of this process; for tests that call the functions of this library directly.
pub fn replace(settings: Settings) {
    *DRIVER.lock().unwrap_or_else(PoisonError::into_inner) = Some(Driver::new(settings));
}

/// Runs `call` with the GPU of this thread's context.
pub fn with_context<T>(call: impl FnOnce(&mut Driver, usize) -> Answer<T>) -> Answer<T> {
    with(|driver| {
        let device = driver.device_of_context(context())?;
        call(driver, device)
    })
}

/// Waits until `state` says that it is over.
pub fn wait(mut state: impl FnMut(&mut Driver) -> Answer<Waited>) -> Answer<()> {
    loop {
        let (waited, now) = with(|driver| (state(driver), driver.now()));
        match waited? {
            Waited::At(moment) if moment <= now => return Ok(()),
            Waited::At(moment) if moment - now > SPIN_NS => {
                // A long wait looks again now and then, for a GPU that gets lost meanwhile.
                std::thread::sleep(Duration::from_nanos((moment - now - SPIN_NS / 2).min(50_000_000)));
            }
            Waited::At(_) => std::hint::spin_loop(),
            Waited::Unknown => std::thread::sleep(Duration::from_micros(10)),
            Waited::Never => forever(),
        }
    }
}

/// Never returns, as a driver that hangs.
pub fn forever() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

/// Code of an answer.
pub fn code(answer: Answer<()>) -> u32 {
    answer.map_or_else(|CuError(code)| code, |()| 0)
}
