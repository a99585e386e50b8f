//! Many mock providers in a process of their own, so that the memory of this one is the client's alone.
//!
//! The process is the same test binary, told by its environment to be the farm. So each test root that uses it has an ignored
//! test that calls [`serve`].

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::providers::{Behaviour, Provider};

/// Names of the mocks to serve, as [`serve`] reads them.
const ENVIRONMENT: &str = "GRIDPROOF_TEST_FARM";
/// What stands before each address on the farm's output.
const MARK: &str = "farm-address ";

/// Behaviours by name. An honest one changes its status each second.
fn behaviour(name: &str) -> Behaviour {
    match name {
        "honest" => Behaviour::Honest,
        "stalls" => Behaviour::Stalls,
        "garbage" => Behaviour::Garbage,
        "huge" => Behaviour::HugeChunked,
        "silence" => Behaviour::Silence,
        "repeats" => Behaviour::Repeats,
        "floods" => Behaviour::Floods,
        "headers" => Behaviour::HugeHeaders,
        "loris" => Behaviour::SlowLoris,
        "handshake" => Behaviour::NoHandshake,
        "plain" => Behaviour::PlainHttp,
        "bomb" => Behaviour::Bomb,
        other => panic!("no behaviour is called {other}"),
    }
}

/// A running farm; dropped, it ends.
pub(crate) struct Farm {
    process: Child,
    /// Addresses, in the order of the names.
    pub(crate) uris: Vec<String>,
}

impl Farm {
    /// Starts a mock for each name. `entry` is the ignored test that calls [`serve`].
    pub(crate) fn start(names: &[&str], entry: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", entry, "--ignored", "--nocapture", "--test-threads=1"])
            .env(ENVIRONMENT, names.join(","))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        // The first one may stand behind what the test harness wrote.
        let addresses = lines.filter_map(|line| line.split_once(MARK).map(|(_, address)| address.to_owned()));
        let uris: Vec<String> = addresses
            .take(names.len())
            .map(|address| format!("https://{address}"))
            .collect();
        assert_eq!(uris.len(), names.len(), "the farm ended before all mocks stood");
        Self { process, uris }
    }
}

impl Drop for Farm {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves what the environment names until the other side is gone; does nothing where it names nothing.
pub(crate) async fn serve() {
    let Ok(names) = std::env::var(ENVIRONMENT) else {
        return;
    };
    let mut providers = Vec::new();
    for name in names.split(',') {
        let provider = Provider::with_tick(behaviour(name), Duration::from_secs(1)).await;
        println!("{MARK}{}", provider.address);
        providers.push(provider);
    }
    // Standard input ends with the process that holds its other end.
    let waiting = tokio::task::spawn_blocking(|| std::io::stdin().lines().count());
    waiting.await.unwrap();
}

/// Most memory that this process ever held, in MiB.
pub(crate) fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap() / 1024
}
