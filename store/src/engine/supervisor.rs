//! Keeps the engine's child process running.

use std::collections::VecDeque;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{DirLock, EngineError, LIBRARY_ENV, LOCK, READY};

/// Environment of a supervised child; [`super::EngineOptions::new`] reads it. Not flags: those are visible to everybody.
pub(super) mod env {
    /// Set: stop when standard input ends.
    pub(in super::super) const SUPERVISED: &str = "GRIDPROOF_ENGINE_SUPERVISED";
    /// The user name.
    pub(in super::super) const USER: &str = "GRIDPROOF_ENGINE_USER";
    /// The password.
    pub(in super::super) const PASSWORD: &str = "GRIDPROOF_ENGINE_PASSWORD";
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A child that ran for so long was healthy: the pause before its restart is the first one again.
const HEALTHY: Duration = Duration::from_secs(30);
/// A child that is asked to stop gets so long before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(9);
/// Last lines of the child that errors quote.
const KEPT_LINES: usize = 20;
/// The log file starts anew above this size.
const MAX_LOG: u64 = 16 << 20;

/// What to run and how.
#[derive(Debug, Clone)]
pub struct SupervisorOptions {
    /// The program.
    pub program: PathBuf,
    /// Its first arguments, such as `engine`; `--data-dir` and `--listen` are added.
    pub args: Vec<String>,
    /// The engine's data folder.
    pub data_dir: PathBuf,
    /// Where it listens; port 0 lets the system choose once, restarts keep that port.
    pub listen: SocketAddr,
    /// User name for clients.
    pub user: Option<String>,
    /// Password for clients.
    pub password: Option<String>,
    /// The library file, when it is not at one of the usual places.
    pub library: Option<PathBuf>,
    /// The child must answer within this time. Loading parts of a large data folder takes a while.
    pub ready_timeout: Duration,
}

impl SupervisorOptions {
    /// `program engine` on `data_dir` at `127.0.0.1:8123`, two minutes to become ready.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, data_dir: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: vec!["engine".to_owned()],
            data_dir: data_dir.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8123)),
            user: None,
            password: None,
            library: None,
            ready_timeout: Duration::from_secs(120),
        }
    }
}

/// A running engine. Restarted when it exits, with a growing pause; stopped by [`Supervisor::stop`] or drop.
#[derive(Debug)]
pub struct Supervisor {
    url: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    pid: AtomicU32,
    restarts: AtomicU64,
}

impl Supervisor {
    /// Starts the engine and waits until it answers `/ping` and `SELECT 1`.
    ///
    /// # Errors
    /// When the folder is in use, the program cannot be started, or it ends or stays silent.
    pub async fn start(mut options: SupervisorOptions) -> Result<Self, EngineError> {
        // Asked here first, because only an error of this process can be typed; the child takes the lock for good.
        drop(DirLock::acquire(&options.data_dir, LOCK)?);
        let (running, address) = Running::start(&options).await?;
        options.listen = address;
        let shared = Arc::new(Shared::default());
        shared.pid.store(running.pid(), Ordering::Relaxed);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(supervise(options, running, Arc::clone(&shared), stopped));
        Ok(Self {
            url: format!("http://{address}"),
            shared,
            stop: Some(stop),
            task: Some(task),
        })
    }

    /// The engine's URL; stays the same across restarts.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process id of the child that runs now, or 0 between two.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.shared.pid.load(Ordering::Relaxed)
    }

    /// How often the child was started again.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.shared.restarts.load(Ordering::Relaxed)
    }

    /// Stops the engine and waits for its end: running statements may finish, for at most 9 s.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(task) = self.task.take() {
            // The task neither panics nor is it cancelled.
            let _ = task.await;
        }
    }
}

async fn supervise(options: SupervisorOptions, first: Running, shared: Arc<Shared>, mut stop: oneshot::Receiver<()>) {
    let (mut current, mut pause) = (Some(first), FIRST_PAUSE);
    loop {
        if let Some(mut running) = current.take() {
            let started = Instant::now();
            let status = tokio::select! {
                _ = &mut stop => return running.stop().await,
                status = running.child.wait() => status,
            };
            shared.pid.store(0, Ordering::Relaxed);
            let status = status.map_or_else(|e| e.to_string(), |s| s.to_string());
            tracing::error!(
                status,
                last_lines = running.lines.text(),
                "the engine process ended; starting it again"
            );
            if started.elapsed() >= HEALTHY {
                pause = FIRST_PAUSE;
            }
        }
        tokio::select! {
            _ = &mut stop => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
        shared.restarts.fetch_add(1, Ordering::Relaxed);
        let started = tokio::select! {
            // Dropping the start kills its child.
            _ = &mut stop => return,
            started = Running::start(&options) => started,
        };
        match started {
            Ok((running, _)) => {
                shared.pid.store(running.pid(), Ordering::Relaxed);
                tracing::info!(pid = running.pid(), "the engine answers again");
                current = Some(running);
            }
            Err(error) => tracing::error!(%error, "the engine did not start; trying again"),
        }
    }
}

/// One child that answered.
struct Running {
    child: Child,
    /// Kept open: its end tells the child that this process is gone. (`Child::wait` would close it.)
    stdin: Option<ChildStdin>,
    lines: Lines,
}

impl Running {
    async fn start(options: &SupervisorOptions) -> Result<(Self, SocketAddr), EngineError> {
        let mut child = command(options).spawn().map_err(|source| EngineError::Spawn {
            program: options.program.clone(),
            source,
        })?;
        let stdin = child.stdin.take();
        let lines = Lines::default();
        let (sender, mut ready) = mpsc::channel(1);
        let log = Log::open(options);
        forward(child.stdout.take(), &lines, Some(sender), Arc::clone(&log));
        forward(child.stderr.take(), &lines, None, log);
        let answering = async {
            let address = ready.recv().await?;
            wait_for_answer(address).await;
            Some(address)
        };
        let address = tokio::select! {
            answered = tokio::time::timeout(options.ready_timeout, answering) => answered,
            status = child.wait() => {
                // Its last words may still be in the pipe.
                tokio::time::sleep(Duration::from_millis(50)).await;
                let status = status.map_or_else(|e| e.to_string(), |s| s.to_string());
                return Err(EngineError::ChildExited { status, output: lines.text() });
            }
        };
        match address {
            Ok(Some(address)) => Ok((Self { child, stdin, lines }, address)),
            Ok(None) => {
                let status = child.wait().await.map_or_else(|e| e.to_string(), |s| s.to_string());
                Err(EngineError::ChildExited {
                    status,
                    output: lines.text(),
                })
            }
            Err(_) => Err(EngineError::NotReady {
                seconds: options.ready_timeout.as_secs(),
                output: lines.text(),
            }),
        }
    }

    fn pid(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }

    /// Asks the child to stop, by SIGTERM and the end of its input; kills it when it does not.
    async fn stop(mut self) {
        drop(self.stdin.take());
        if let Some(pid) = self
            .child
            .id()
            .and_then(|p| i32::try_from(p).ok())
            .and_then(rustix::process::Pid::from_raw)
        {
            // Fails only when it is gone already.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        if tokio::time::timeout(STOP_TIMEOUT, self.child.wait()).await.is_err() {
            tracing::warn!("the engine process does not stop: killing it");
            let _ = self.child.kill().await;
        }
    }
}

fn command(options: &SupervisorOptions) -> Command {
    let mut command = Command::new(&options.program);
    command
        .args(&options.args)
        .arg("--data-dir")
        .arg(&options.data_dir)
        .args(["--listen", &options.listen.to_string()])
        .env(env::SUPERVISED, "1")
        // The engine names its zone after the machine's; answers must not depend on it.
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C on a terminal goes to the whole process group: the engine must outlive the last commit of its parent.
        .process_group(0)
        .kill_on_drop(true);
    for (name, value) in [(env::USER, &options.user), (env::PASSWORD, &options.password)] {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(library) = &options.library {
        command.env(LIBRARY_ENV, library);
    }
    command
}

/// The last lines that the child printed.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<VecDeque<String>>>);

impl Lines {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let joined = lines.iter().map(String::as_str).collect::<Vec<_>>().join("; ");
        if joined.is_empty() {
            "it printed nothing".to_owned()
        } else {
            joined
        }
    }
}

/// `engine.log` in the data folder.
#[derive(Debug)]
struct Log(Option<Mutex<std::fs::File>>);

impl Log {
    fn open(options: &SupervisorOptions) -> Arc<Self> {
        let path = options.data_dir.join("engine.log");
        let fresh = path.metadata().is_ok_and(|m| m.len() > MAX_LOG);
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(!fresh)
            .write(true)
            .truncate(fresh)
            .open(&path);
        if let Err(error) = &file {
            tracing::warn!(%error, path = %path.display(), "cannot write the engine's log");
        }
        Arc::new(Self(file.ok().map(Mutex::new)))
    }

    fn line(&self, line: &str) {
        if let Some(file) = &self.0 {
            // A full disk must not stop the forwarding: the child would block on its pipe.
            let _ = writeln!(file.lock().unwrap_or_else(PoisonError::into_inner), "{line}");
        }
    }
}

/// Reads one of the child's pipes to its end: into the log, the kept lines and the trace; the ready line to `ready`.
fn forward(
    pipe: Option<impl AsyncRead + Send + Unpin + 'static>,
    lines: &Lines,
    ready: Option<mpsc::Sender<SocketAddr>>,
    log: Arc<Log>,
) {
    let (Some(pipe), lines) = (pipe, lines.clone()) else {
        return;
    };
    tokio::spawn(async move {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        loop {
            line.clear();
            match (&mut reader).take(1 << 16).read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            log.line(&text);
            tracing::debug!(target: "gridproof::engine", "{text}");
            if let (Some(ready), Some(address)) = (&ready, ready_address(&text)) {
                // Nobody waits for a second one.
                let _ = ready.try_send(address);
            }
            lines.push(text);
        }
    });
}

/// The address in the child's ready line.
pub(super) fn ready_address(line: &str) -> Option<SocketAddr> {
    line.strip_prefix(READY)?
        .strip_prefix("http://")?
        .trim_end()
        .parse()
        .ok()
}

/// Returns once `/ping` answers and the engine has run a statement; the caller sets the limit.
async fn wait_for_answer(address: SocketAddr) {
    // The second asks the engine itself. 401 and 403 are answers, too: credentials are the clients' affair.
    for path in ["/ping", "/?query=SELECT%201"] {
        while !matches!(status(address, path).await, Ok(200 | 401 | 403)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn status(address: SocketAddr, path: &str) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())
        .await?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).await?;
    let code = std::str::from_utf8(&head[9..]).ok().and_then(|s| s.parse().ok());
    code.ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ready_line_holds_the_address() {
        let address = SocketAddr::from(([127, 0, 0, 1], 4711));
        assert_eq!(
            ready_address("engine listening on http://127.0.0.1:4711"),
            Some(address)
        );
        assert_eq!(ready_address("listening on http://127.0.0.1:4711"), None);
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let lines = Lines::default();
        assert_eq!(lines.text(), "it printed nothing");
        (0..30).for_each(|i| lines.push(i.to_string()));
        assert!(lines.text().starts_with("10; 11") && lines.text().ends_with("29"));
    }
}
