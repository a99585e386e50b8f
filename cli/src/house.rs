//! The composition root: opens everything that a command needs, in order, and closes it in reverse.

use crate::audits::AuditGauges;
use crate::board::Board;
use crate::config::Config;
use crate::data::{DataDir, RunNote};
use crate::exit::Failure;
use crate::source_metrics::SourceMetrics;
use anyhow::Context;
use gridproof_indexer::pipeline::{InventoryGauges, Metrics};
use gridproof_store::archive::Archive;
use gridproof_store::client::{ClickHouse, ClickHouseConfig};
use gridproof_store::commit::Committer;
use gridproof_store::crash::CrashPoints;
use gridproof_store::engine::{EngineError, Supervisor, SupervisorOptions};
use gridproof_store::lock::DataDirLock;
use gridproof_store::migrate;
use gridproof_store::state_db::{StateDb, WriterLease};
use prometheus::Registry;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Database that holds all tables.
const DATABASE: &str = "gridproof";
/// Name of the right to write.
const WRITER: &str = "indexer";
/// How long the right to write holds without being renewed.
const LEASE_TTL: Duration = Duration::from_secs(60);
/// Time between two renewals.
const LEASE_RENEWAL: Duration = Duration::from_secs(20);

/// Time that the engine of a killed process gets to end.
const ORPHAN_TIME: Duration = Duration::from_secs(10);
/// Time between two looks whether it has.
const ORPHAN_LOOK: Duration = Duration::from_millis(100);

/// The engine, the databases and the archive of one data folder.
pub(crate) struct House {
    /// The folder.
    pub(crate) data: DataDir,
    /// Rows.
    pub(crate) clickhouse: ClickHouse,
    /// Progress and metrics of this process.
    pub(crate) board: Board,
    /// All metrics.
    pub(crate) registry: Registry,
    /// What the audits beside the followers found.
    pub(crate) audit_gauges: AuditGauges,
    /// What the sources of the followers did.
    pub(crate) source_metrics: SourceMetrics,
    engine: Option<Arc<Supervisor>>,
}

/// What only the one process that writes has.
pub(crate) struct Writer {
    /// Progress.
    pub(crate) state_db: StateDb,
    /// What writes rows.
    pub(crate) committer: Committer,
    /// Raw ranges.
    pub(crate) archive: Archive,
    /// Metrics of the pipeline.
    pub(crate) metrics: Metrics,
    /// Metrics of the inventories.
    pub(crate) inventory: InventoryGauges,
    /// Where tests may end the process.
    pub(crate) crash: CrashPoints,
    lease: WriterLease,
    stop_renewal: CancellationToken,
    _lock: DataDirLock,
}

impl House {
    /// Starts or finds ClickHouse.
    pub(crate) async fn open(config: &Config) -> Result<Self, Failure> {
        let data = DataDir::new(&config.data_dir);
        data.create()?;
        let (engine, url) = match &config.engine.url {
            Some(url) => (None, url.clone()),
            None => {
                let engine = start_engine(config, &data).await?;
                let url = engine.url().to_owned();
                (Some(Arc::new(engine)), url)
            }
        };
        let clickhouse = connect(config, url);
        let (registry, audit_gauges) = (Registry::new(), AuditGauges::default());
        audit_gauges.register(&registry).context("cannot register metrics")?;
        let source_metrics = SourceMetrics::default();
        registry
            .register(Box::new(source_metrics.clone()))
            .context("cannot register metrics")?;
        Ok(Self {
            data,
            clickhouse,
            board: Board::new(config.pipeline.ready_lag_s),
            registry,
            audit_gauges,
            source_metrics,
            engine,
        })
    }

    /// Finds the ClickHouse of a process that runs on this data folder, or starts the engine.
    pub(crate) async fn open_for_reading(config: &Config) -> Result<Self, Failure> {
        let data = DataDir::new(&config.data_dir);
        if let Some(note) = data.read_note() {
            let clickhouse = connect(config, note.clickhouse);
            if clickhouse.ping().await.is_ok() {
                let board = Board::new(config.pipeline.ready_lag_s);
                return Ok(Self {
                    data,
                    clickhouse,
                    board,
                    registry: Registry::new(),
                    audit_gauges: AuditGauges::default(),
                    source_metrics: SourceMetrics::default(),
                    engine: None,
                });
            }
        }
        Self::open(config).await
    }

    /// Brings the schema up to date.
    pub(crate) async fn migrate(&self) -> Result<(), Failure> {
        let done = migrate::clickhouse::up(&self.clickhouse)
            .await
            .map_err(|error| Failure::Upstream(error.into()))?;
        if !done.applied.is_empty() {
            tracing::info!(applied = done.applied.len(), "migrations applied");
        }
        crate::reference_prices::seed(&self.clickhouse).await?;
        self.board.set_migrated();
        Ok(())
    }

    /// Becomes the one process that writes to this data folder. `lock` was taken before the engine was started.
    pub(crate) async fn writer(&self, lock: DataDirLock) -> Result<Writer, Failure> {
        let state_db = StateDb::open_file(&self.data.state_db())
            .await
            .with_context(|| format!("cannot open {}", self.data.state_db().display()))?;
        let lease = state_db
            .acquire_writer(WRITER, lock.owner(), LEASE_TTL)
            .await
            .map_err(|e| Failure::Internal(e.into()))?;
        let crash = CrashPoints::from_env();
        let archive = Archive::open_folder(&self.data.archive()).context("cannot open the archive")?;
        let committer = Committer::new(self.clickhouse.clone(), state_db.clone(), lease.clone());
        let stop_renewal = CancellationToken::new();
        tokio::spawn(renew(state_db.clone(), lease.clone(), stop_renewal.clone()));
        Ok(Writer {
            committer: committer.with_crash_points(crash.clone()),
            archive: archive.with_crash_points(crash.clone()),
            metrics: Metrics::new(&self.registry).context("cannot register metrics")?,
            inventory: InventoryGauges::new(&self.registry).context("cannot register metrics")?,
            state_db,
            crash,
            lease,
            stop_renewal,
            _lock: lock,
        })
    }

    /// Asks how often the engine was started again; 0 for a server that somebody else runs.
    pub(crate) fn restarts(&self) -> impl Fn() -> u64 + Send + 'static {
        let engine = self.engine.as_ref().map(Arc::downgrade);
        move || {
            engine
                .as_ref()
                .and_then(Weak::upgrade)
                .map_or(0, |engine| engine.restarts())
        }
    }

    /// Leaves the note for other commands.
    pub(crate) fn announce(&self, operations: Option<String>, api: Option<String>) -> Result<(), Failure> {
        let clickhouse = self.clickhouse.config().url.clone();
        Ok(self.data.write_note(&RunNote {
            pid: std::process::id(),
            clickhouse,
            operations,
            api,
        })?)
    }

    /// Stops the engine, if it is ours.
    pub(crate) async fn close(self) {
        if let Some(engine) = self.engine.and_then(Arc::into_inner) {
            engine.stop().await;
        }
    }
}

impl Writer {
    /// Ends the right to write and closes the state database.
    pub(crate) async fn close(self) {
        self.stop_renewal.cancel();
        if let Err(error) = self.state_db.release_writer(&self.lease).await {
            tracing::warn!(%error, "the right to write was not given back; it ends by itself");
        }
        self.state_db.close().await;
    }
}

/// Takes the data folder, or says who has it. Before anything else is started.
pub(crate) fn lock(config: &Config) -> Result<DataDirLock, Failure> {
    DataDir::new(&config.data_dir).create()?;
    DataDirLock::acquire(&config.data_dir).map_err(Failure::usage)
}

async fn start_engine(config: &Config, data: &DataDir) -> Result<Supervisor, Failure> {
    let program = std::env::current_exe().context("cannot find the path of this program")?;
    let mut options = SupervisorOptions::new(program, data.root());
    options.listen = config.engine.listen;
    options.library = config.engine.library.clone();
    let began = Instant::now();
    loop {
        match Supervisor::start(options.clone()).await {
            Ok(engine) => return Ok(engine),
            // The child of a killed process ends by itself, a moment later.
            Err(error) if is_orphan(&error) && began.elapsed() < ORPHAN_TIME => tokio::time::sleep(ORPHAN_LOOK).await,
            Err(error @ (EngineError::Lock(_) | EngineError::Bind { .. } | EngineError::NotLoopback(_))) => {
                return Err(Failure::Usage(error.into()));
            }
            Err(error) => return Err(Failure::Internal(error.into())),
        }
    }
}

/// Whether another engine still has the folder: by our lock, or, while it ends, by the engine's own.
fn is_orphan(error: &EngineError) -> bool {
    match error {
        EngineError::Lock(_) => true,
        EngineError::ChildExited { output, .. } => output.contains("Another server instance in same directory"),
        _ => false,
    }
}

fn connect(config: &Config, url: String) -> ClickHouse {
    let password = config
        .engine
        .password_env
        .as_ref()
        .and_then(|name| std::env::var(name).ok());
    ClickHouse::new(ClickHouseConfig {
        url,
        user: config.engine.user.clone().unwrap_or_default(),
        password: password.unwrap_or_default(),
        database: DATABASE.to_owned(),
    })
}

/// Keeps the right to write until told to stop. When it is lost, the next transaction fails and ends the run.
async fn renew(state_db: StateDb, lease: WriterLease, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LEASE_RENEWAL) => {}
        }
        if let Err(error) = state_db.renew_writer(&lease, LEASE_TTL).await {
            tracing::error!(%error, "the right to write could not be renewed");
        }
    }
}
