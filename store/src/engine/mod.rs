//! The embedded ClickHouse engine: libchdb in a child process behind ClickHouse's HTTP interface.
//!
//! `gridproof engine` calls [`serve`]; everything else starts that child through [`Supervisor`] and talks to its URL
//! as to any ClickHouse server.

mod exception;
mod ffi;
mod gateway;
mod library;
mod lock;
mod supervisor;
#[doc(hidden)]
pub mod testing;
mod tokens;

use std::fs;
use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use exception::{ENGINE_VERSION, Exception};
pub use ffi::LoadError;
pub use library::{ENV as LIBRARY_ENV, LibraryError, PACKAGE as LIBRARY_PACKAGE};
pub use lock::{DirLock, LockError};
pub use supervisor::{Supervisor, SupervisorOptions};

/// The lock file in the data folder.
const LOCK: &str = "engine.lock";
/// An insert is written in blocks of about this many bytes, or of 1,048,449 rows, so that rows of any width go through
/// in bounded memory: the engine needs up to seven times a block. ClickHouse's own 256 MiB would take 830 MiB. A smaller
/// insert is one block, which is there as a whole or not at all.
const MAX_INSERT_BLOCK: u64 = 64 << 20;
/// Holds the URL of the running engine.
const ADDRESS: &str = "engine.addr";
/// Holds the process id of the running engine.
const PID: &str = "engine.pid";
/// What the engine prints before its URL when it is ready; the supervisor waits for this line.
const READY: &str = "engine listening on ";

/// How the engine is to run.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Where tables, lock, pid and address files lie; made if it is not there.
    pub data_dir: PathBuf,
    /// The address to listen on; port 0 lets the system choose. Only loopback addresses unless `allow_remote`.
    pub listen: SocketAddr,
    /// The user name that clients must give, if a password is set; `default` when none is named.
    pub user: Option<String>,
    /// The password that clients must give; none: no credentials are checked.
    pub password: Option<String>,
    /// The library file, when it is not at one of the usual places.
    pub library: Option<PathBuf>,
    /// Accept an address that other machines can reach. Needs a password.
    pub allow_remote: bool,
    /// Stop when standard input ends: the parent process is gone.
    pub exit_on_stdin_eof: bool,
}

impl EngineOptions {
    /// An engine on `data_dir` at `127.0.0.1:8123`. Name and password are those of the environment
    /// (`GRIDPROOF_ENGINE_USER`, `GRIDPROOF_ENGINE_PASSWORD`), if they are set there; a child of [`Supervisor`] gets them
    /// that way, and also the order to end with its parent (`GRIDPROOF_ENGINE_SUPERVISED`).
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        let variable = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
        Self {
            data_dir: data_dir.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8123)),
            user: variable(supervisor::env::USER),
            password: variable(supervisor::env::PASSWORD),
            library: None,
            allow_remote: false,
            exit_on_stdin_eof: variable(supervisor::env::SUPERVISED).is_some(),
        }
    }
}

/// Why the engine does not run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No library, or not the pinned one.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The library cannot be loaded or refuses the data folder.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The data folder is in use.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The engine opened but does not answer.
    #[error("the engine opened its data folder but fails its first statement: {0}")]
    FirstStatement(Exception),
    /// An address that other machines could reach.
    #[error(
        "refusing to listen on {0}: the engine is for this machine only; use a loopback address, or allow remote clients and set a password"
    )]
    NotLoopback(SocketAddr),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A file or folder of the data folder cannot be read.
    #[error("cannot read {}: {source}; check that this user may read the data folder", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the data folder cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The child program cannot be started.
    #[error("cannot start the engine process {}: {source}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The child ended before it was ready.
    #[error("the engine process ended before it was ready ({status}): {output}")]
    ChildExited {
        /// How it ended.
        status: String,
        /// Its last lines.
        output: String,
    },
    /// The child did not become ready in time.
    #[error("the engine process was not ready within {seconds} s; its last lines: {output}")]
    NotReady {
        /// The limit.
        seconds: u64,
        /// Its last lines.
        output: String,
    },
}

/// Runs the engine until SIGTERM or SIGINT, or the end of standard input if so asked. Prints its URL to standard
/// output once it answers, and writes it to `engine.addr` in the data folder.
///
/// # Errors
/// Before it serves: no library, folder in use, address taken. After that it returns `Ok`, or, when statements still
/// run 8 s after the stop was asked for, ends the process.
pub async fn serve(options: EngineOptions) -> Result<(), EngineError> {
    let guarded = options.allow_remote && options.password.is_some();
    if !(options.listen.ip().is_loopback() || guarded) {
        return Err(EngineError::NotLoopback(options.listen));
    }
    let _lock = DirLock::acquire(&options.data_dir, LOCK)?;
    let library = library::locate(options.library.as_deref(), &options.data_dir)?;
    let bind = |source| EngineError::Bind {
        address: options.listen,
        source,
    };
    let listener = tokio::net::TcpListener::bind(options.listen).await.map_err(bind)?;
    let url = format!("http://{}", listener.local_addr().map_err(bind)?);

    // Before it reads them: a token without its rows would make it acknowledge a retry that it does not insert.
    tokens::report(&tokens::forget_lost(&options.data_dir)?);
    let engine = ffi::Engine::open(&library, &arguments(&options.data_dir))?;
    tracing::info!(version = engine.library_version(), library = %library.display(), "engine opened");
    let account = gateway::Account {
        user: options.user.clone(),
        password: options.password.clone(),
    };
    let gateway = gateway::Gateway::new(engine, account, options.data_dir.join("engine.tmp"))
        .map_err(EngineError::FirstStatement)?;

    write(&options.data_dir.join(PID), &std::process::id().to_string())?;
    write(&options.data_dir.join(ADDRESS), &url)?;
    announce(&url);
    let ended = gateway.serve(listener, stop_signal(options.exit_on_stdin_eof)).await;
    for name in [ADDRESS, PID] {
        // Left-over files are overwritten by the next start.
        let _ = fs::remove_file(options.data_dir.join(name));
    }
    if !ended {
        // The runtime would wait for them without end, and a process that dies loses nothing that it acknowledged.
        tracing::warn!("statements still run: ending the process");
        std::process::exit(0);
    }
    Ok(())
}

/// The engine's own arguments. Inserts are synchronous, so that an acknowledged one is on disk; times are UTC whatever
/// the machine's zone is.
fn arguments(data_dir: &Path) -> Vec<String> {
    vec![
        format!("--path={}", data_dir.join("clickhouse").display()),
        "--async_insert=0".to_owned(),
        "--session_timezone=UTC".to_owned(),
        format!("--max_insert_block_size_bytes={MAX_INSERT_BLOCK}"),
        format!("--min_insert_block_size_bytes={MAX_INSERT_BLOCK}"),
    ]
}

fn write(path: &Path, text: &str) -> Result<(), EngineError> {
    fs::write(path, text).map_err(|source| EngineError::Write {
        path: path.to_owned(),
        source,
    })
}

#[expect(
    clippy::print_stdout,
    reason = "the supervisor and the user at a terminal read this line"
)]
fn announce(url: &str) {
    println!("{READY}{url}");
    let _ = io::stdout().flush();
}

/// Ready on SIGTERM, SIGINT, or (if asked) the end of standard input.
fn stop_signal(stdin: bool) -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    async move {
        let terminate = async {
            match signal(SignalKind::terminate()) {
                Ok(mut s) => drop(s.recv().await),
                Err(_) => std::future::pending().await,
            }
        };
        let parent_gone = async {
            if !stdin {
                return std::future::pending().await;
            }
            // A thread of its own: a read of standard input cannot be cancelled and must not hold up the runtime's end.
            let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
            std::thread::spawn(move || {
                let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
                drop(sender);
            });
            let _ = receiver.await;
        };
        tokio::select! {
            () = terminate => tracing::info!("stopping: SIGTERM"),
            _ = tokio::signal::ctrl_c() => tracing::info!("stopping: interrupted"),
            () = parent_gone => tracing::info!("stopping: the parent process is gone"),
        }
    }
}
