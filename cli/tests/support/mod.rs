//! The real program on real recordings.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub, missing_docs)]

pub mod akash;
pub mod render;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A recording of the test data.
pub fn recording(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata")).join(name)
}

/// The program, with nothing of this shell's configuration.
pub fn gridproof() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridproof"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GRIDPROOF_") && name != "GRIDPROOF_LIBCHDB" {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).current_dir(std::env::temp_dir());
    command
}

/// Ports that nobody else has, and few log lines.
pub fn quiet<'c>(command: &'c mut Command, data: &Path) -> &'c mut Command {
    command.arg("--data-dir").arg(data);
    command.args([
        "--engine-listen",
        "127.0.0.1:0",
        "--metrics-listen",
        "127.0.0.1:0",
        "--log",
        "warn",
    ])
}

/// Many small ranges, so that there is much to interrupt.
pub fn small_ranges(command: &mut Command) -> &mut Command {
    command
        .env("GRIDPROOF_PIPELINE__RANGE_HEIGHTS", "80")
        .env("GRIDPROOF_PIPELINE__CHECKPOINT_HEIGHTS", "160")
}

/// `index --until-tip` of a recording.
pub fn index(data: &Path, recording_name: &str) -> Command {
    let mut command = gridproof();
    command
        .args(["index", "--until-tip", "--recording"])
        .arg(recording(recording_name));
    small_ranges(quiet(&mut command, data));
    command
}

/// Runs to the end.
pub fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

/// `index --until-tip` of a recording of Render, in ranges of its own size.
pub fn index_render(data: &Path, recording_name: &str) -> Command {
    let mut command = gridproof();
    command
        .args(["index", "--until-tip", "--recording"])
        .arg(recording(recording_name));
    quiet(&mut command, data);
    command
}

/// Exit code; a signal is none.
pub fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

/// Everything that was printed, for a failed assertion.
pub fn words(output: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Standard output as JSON.
pub fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", words(output)))
}

/// `status --json` of a folder.
pub fn status(data: &Path) -> serde_json::Value {
    let output = run(quiet(gridproof().args(["status", "--json"]), data));
    assert_eq!(code(&output), Some(0), "{}", words(&output));
    json(&output)
}

/// Waits until `check` gives something.
pub fn wait_for<T>(what: &str, limit: Duration, mut check: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(began.elapsed() < limit, "{what} did not come within {limit:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends a signal to a process that this test started.
pub fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    // A process that has ended by itself meanwhile is no fault of the test.
    let _ = rustix::process::kill_process(pid, signal);
}

/// Numbers that look random and are the same for the same seed, which is printed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        println!("seed {seed}");
        Self(seed)
    }

    /// A time from `low` to `high` milliseconds.
    pub fn pause(&mut self, low: u64, high: u64) -> Duration {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis(low + (self.0 >> 33) % (high - low))
    }
}

/// The seed that the environment names, else the clock.
pub fn seed() -> u64 {
    let given = std::env::var("GRIDPROOF_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs()
    })
}

/// Status code and body.
pub fn get(address: &str, path: &str) -> (u16, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("http://{address}{path}")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    })
}

/// The engine alone, over a data folder; ends when dropped.
pub struct Engine {
    child: Child,
    url: String,
}

impl Engine {
    /// Starts the engine and waits until it says where it listens.
    pub fn over(data: &Path) -> Self {
        let mut command = gridproof();
        command
            .args(["engine", "--listen", "127.0.0.1:0", "--log", "error", "--data-dir"])
            .arg(data);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().expect("the engine ended without a word").unwrap();
        let url = line.rsplit(' ').next().unwrap().to_owned();
        Self { child, url }
    }

    /// The answer to a query, as text.
    pub fn query(&self, sql: &str) -> String {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let url = format!("{}/?database=gridproof", self.url);
            let answer = client.post(url).body(sql.to_owned()).send().await.unwrap();
            let (status, text) = (answer.status(), answer.text().await.unwrap());
            assert!(status.is_success(), "{sql}: {text}");
            text
        })
    }

    /// Count and hash of all rows of each table of facts and state, without `FINAL`, without `generation`.
    /// `newest`: only the rows of the newest generation.
    pub fn contents(&self, newest: bool) -> BTreeMap<String, (usize, u64)> {
        let tables = self.query(
            "SELECT DISTINCT table FROM system.columns WHERE database = 'gridproof' AND name = 'generation' \
             AND default_kind = '' AND table IN (SELECT name FROM system.tables WHERE database = 'gridproof' \
             AND engine = 'ReplacingMergeTree') AND table NOT IN ('live_ranges', 'quarantined_ranges') ORDER BY table",
        );
        let content = |table: &str| {
            let only = if newest {
                format!("WHERE generation = (SELECT max(generation) FROM {table})")
            } else {
                String::new()
            };
            let rows = self.query(&format!(
                "SELECT * EXCEPT (generation) FROM {table} {only} ORDER BY ALL FORMAT TSV"
            ));
            let mut hasher = DefaultHasher::new();
            rows.hash(&mut hasher);
            (table.to_owned(), (rows.lines().count(), hasher.finish()))
        };
        tables.lines().map(content).collect()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        signal(self.child.id(), rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}
