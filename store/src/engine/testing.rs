//! A real engine for tests: a child process on a folder of its own, killed on drop.
#![allow(clippy::expect_used, clippy::panic, missing_docs)]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, OnceLock};

use super::supervisor::{env, ready_address};

/// An engine that a test owns. Panics with a message instead of returning errors: it is for tests only.
#[derive(Debug)]
pub struct TestEngine {
    dir: PathBuf,
    address: SocketAddr,
    child: Child,
    _stdin: Option<ChildStdin>,
    credentials: Option<(String, String)>,
}

impl TestEngine {
    /// Starts an engine without a password on an ephemeral port.
    #[must_use]
    pub fn start() -> Self {
        Self::launch(temp_dir(), SocketAddr::from(([127, 0, 0, 1], 0)), None)
    }

    /// Starts an engine that asks for a user and a password.
    #[must_use]
    pub fn start_with_password(user: &str, password: &str) -> Self {
        Self::launch(
            temp_dir(),
            SocketAddr::from(([127, 0, 0, 1], 0)),
            Some((user.to_owned(), password.to_owned())),
        )
    }

    /// `http://127.0.0.1:PORT`; the same after [`TestEngine::restart`].
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.dir
    }

    /// SIGKILL, and waits for the end.
    pub fn kill(&mut self) {
        // Gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts the engine again on the same folder and port, after [`TestEngine::kill`].
    pub fn restart(&mut self) {
        self.kill();
        let (child, stdin, address) = spawn(&self.dir, self.address, self.credentials.as_ref());
        (self.child, self._stdin, self.address) = (child, stdin, address);
    }

    fn launch(dir: PathBuf, listen: SocketAddr, credentials: Option<(String, String)>) -> Self {
        let (child, stdin, address) = spawn(&dir, listen, credentials.as_ref());
        Self {
            dir,
            address,
            child,
            _stdin: stdin,
            credentials,
        }
    }
}

impl Drop for TestEngine {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn spawn(
    dir: &Path,
    listen: SocketAddr,
    credentials: Option<&(String, String)>,
) -> (Child, Option<ChildStdin>, SocketAddr) {
    let mut command = Command::new(engine_program());
    command
        .arg("--data-dir")
        .arg(dir)
        .args(["--listen", &listen.to_string()])
        .env(env::SUPERVISED, "1")
        .env_remove(env::USER)
        .env_remove(env::PASSWORD)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    if let Some((user, password)) = credentials {
        command.env(env::USER, user).env(env::PASSWORD, password);
    }
    let mut child = command.spawn().expect("the engine program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("standard output is piped")).lines();
    let address = loop {
        match lines.next() {
            Some(Ok(line)) => {
                if let Some(address) = ready_address(&line) {
                    break address;
                }
            }
            _ => {
                let status = child.wait();
                panic!("the test engine ended before it was ready ({status:?}); its message is above");
            }
        }
    };
    // The pipe stays open and drained, so that the engine never blocks on it.
    std::thread::spawn(move || lines.for_each(drop));
    let stdin = child.stdin.take();
    (child, stdin, address)
}

fn temp_dir() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    static SWEPT: Once = Once::new();
    SWEPT.call_once(sweep);
    let name = format!(
        "gridproof-engine-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    std::env::temp_dir().join(name)
}

/// Removes the folders of test processes that are gone: an engine in a static is never dropped.
fn sweep() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name
            .strip_prefix("gridproof-engine-")
            .and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|pid| pid.parse::<u32>().is_ok() && !Path::new("/proc").join(pid).exists()) {
            // Another test process may be sweeping, too.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The program `gridproof-engine` beside the running test (`target/<profile>/`), brought up to date with cargo once per
/// test process: a test of another crate does not build it by itself. `GRIDPROOF_ENGINE_BIN` names another one.
#[must_use]
pub fn engine_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(named) = std::env::var_os("GRIDPROOF_ENGINE_BIN") {
            return named.into();
        }
        let test = std::env::current_exe().expect("the running test has a path");
        let profile_dir = test
            .parent()
            .and_then(Path::parent)
            .expect("tests lie in target/<profile>/deps");
        let program = profile_dir.join("gridproof-engine");
        build(profile_dir);
        assert!(
            program.is_file(),
            "no {}: run `cargo build -p gridproof-store --bin gridproof-engine`",
            program.display()
        );
        program
    })
}

fn build(profile_dir: &Path) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "-p", "gridproof-store", "--bin", "gridproof-engine"]);
    command
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    if let Some(target) = profile_dir.parent() {
        command.arg("--target-dir").arg(target);
    }
    if profile_dir.ends_with("release") {
        command.arg("--release");
    }
    let status = command.status().expect("cargo runs");
    assert!(status.success(), "building gridproof-engine failed");
}
