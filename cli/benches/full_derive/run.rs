//! One run of the real program against a replayed chain.

use crate::measure::{self, Cpu};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Time between two looks at the memory; the system keeps the peak itself.
const LOOK: Duration = Duration::from_millis(5);

/// The program, with nothing of this shell's configuration.
fn gridproof() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridproof"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GRIDPROOF_") && name != "GRIDPROOF_LIBCHDB" {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// A node: `gridproof replay` in a process of its own. Ends when dropped.
pub(crate) struct Endpoint {
    child: Child,
    url: String,
    chain_id: String,
    starts_on: String,
    /// Highest height.
    blocks: u64,
}

impl Endpoint {
    /// Serves a recording.
    pub(crate) fn serve(folder: &Path) -> Self {
        let recording: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.join("recording.json")).unwrap()).unwrap();
        let mut command = gridproof();
        command
            .args(["replay", "--json", "--log", "warn", "--listen", "127.0.0.1:0"])
            .arg(folder);
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let said: serde_json::Value = serde_json::Deserializer::from_reader(out)
            .into_iter()
            .next()
            .unwrap()
            .unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        Self {
            child,
            url: text(&said["url"]),
            chain_id: text(&said["chain_id"]),
            starts_on: text(&recording["starts_on"]),
            blocks: said["last_height"].as_u64().unwrap(),
        }
    }

    fn config(&self) -> String {
        let Self {
            url,
            chain_id,
            starts_on,
            ..
        } = self;
        format!(
            "[[network]]\nname = \"bench\"\nkind = \"akash\"\nchain_id = \"{chain_id}\"\nendpoints = [\"{url}\"]\n\
             starts_on = \"{starts_on}\"\nstart = \"genesis\"\n"
        )
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        // It may have ended by itself; then the run before it has failed and said so.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What one run took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    start_s: f64,
    derive_s: f64,
    end_s: f64,
    cpu_s: f64,
    derive_cpu_s: f64,
    rss_mib: f64,
    engine_cpu_s: f64,
    engine_rss_mib: f64,
    blocks_per_s: f64,
    rows: f64,
}

impl Figures {
    /// The median of each figure.
    pub(crate) fn median(runs: &[Self]) -> Self {
        let of = |pick: fn(&Self) -> f64| {
            let mut all: Vec<f64> = runs.iter().map(pick).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        Self {
            start_s: of(|f| f.start_s),
            derive_s: of(|f| f.derive_s),
            end_s: of(|f| f.end_s),
            cpu_s: of(|f| f.cpu_s),
            derive_cpu_s: of(|f| f.derive_cpu_s),
            rss_mib: of(|f| f.rss_mib),
            engine_cpu_s: of(|f| f.engine_cpu_s),
            engine_rss_mib: of(|f| f.engine_rss_mib),
            blocks_per_s: of(|f| f.blocks_per_s),
            rows: of(|f| f.rows),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "derive {:.2} s wall (start {:.2}, end {:.2}), {:.0} blocks/s; indexer {:.2} CPU-s ({:.2} of them in derive), \
             {:.0} MiB; engine {:.2} CPU-s, {:.0} MiB; {:.0} rows",
            self.derive_s,
            self.start_s,
            self.end_s,
            self.blocks_per_s,
            self.cpu_s,
            self.derive_cpu_s,
            self.rss_mib,
            self.engine_cpu_s,
            self.engine_rss_mib,
            self.rows,
        )
    }
}

/// What the log tells of the phases.
#[derive(Default)]
struct Marks {
    begun: Option<(Instant, Cpu)>,
    committed: Option<(Instant, Cpu)>,
    rows: u64,
    log: String,
}

/// Reads the log to its end and notes the process's CPU time at its turning points.
fn listen(log: ChildStderr, pid: u32) -> Marks {
    let mut marks = Marks::default();
    for line in BufReader::new(log).lines() {
        let line = line.unwrap();
        let entry: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        match entry["fields"]["message"].as_str() {
            Some("indexing") => marks.begun = Some((Instant::now(), measure::cpu(pid))),
            Some("committed") => {
                marks.committed = Some((Instant::now(), measure::cpu(pid)));
                marks.rows += entry["fields"]["rows"].as_u64().unwrap();
            }
            _ => {}
        }
        marks.log.push_str(&line);
        marks.log.push('\n');
    }
    marks
}

/// Indexes the whole chain into a fresh folder.
///
/// # Panics
/// When the program fails, sets a range aside, or finds payouts that differ: a figure of a wrong run means nothing.
pub(crate) fn derive(endpoint: &Endpoint) -> Figures {
    let data = tempfile::tempdir().unwrap();
    let config = data.path().join("gridproof.toml");
    std::fs::write(&config, endpoint.config()).unwrap();
    let mut command = gridproof();
    command
        .args(["index", "--until-tip", "--json", "--log-format", "json", "--config"])
        .arg(&config);
    command
        .args([
            "--engine-listen",
            "127.0.0.1:0",
            "--metrics-listen",
            "127.0.0.1:0",
            "--data-dir",
        ])
        .arg(data.path());
    let started = Instant::now();
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let log = child.stderr.take().unwrap();
    let listener = thread::spawn(move || listen(log, pid));
    let (rss_mib, engine_rss_mib) = watch_memory(pid);
    let (ended, cpu) = (Instant::now(), measure::cpu(pid));
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    let status = child.wait().unwrap();
    let marks = listener.join().unwrap();
    assert!(status.success(), "{status}\n{}", marks.log);
    check(&said, endpoint.blocks);
    let (begun, committed) = (marks.begun.unwrap(), marks.committed.unwrap());
    let derive_s = (committed.0 - begun.0).as_secs_f64();
    Figures {
        start_s: (begun.0 - started).as_secs_f64(),
        derive_s,
        end_s: (ended - committed.0).as_secs_f64(),
        cpu_s: cpu.own_s,
        derive_cpu_s: committed.1.own_s - begun.1.own_s,
        rss_mib,
        engine_cpu_s: cpu.children_s,
        engine_rss_mib,
        blocks_per_s: endpoint.blocks as f64 / derive_s,
        rows: marks.rows as f64,
    }
}

/// Peak memory of a process and of its child, until the process ends. It is left unwaited for, so that its CPU
/// time can still be read.
fn watch_memory(pid: u32) -> (f64, f64) {
    let process = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let (mut own, mut engine) = (0.0_f64, 0.0_f64);
    while waitid(WaitId::Pid(process), options).unwrap().is_none() {
        own = own.max(measure::peak_rss_mib(pid).unwrap_or(0.0));
        let child = measure::child(pid).and_then(measure::peak_rss_mib);
        engine = engine.max(child.unwrap_or(0.0));
        thread::sleep(LOOK);
    }
    (own, engine)
}

/// The run must have done its work, all of it and rightly.
fn check(said: &str, blocks: u64) {
    let networks: serde_json::Value = serde_json::from_str(said).unwrap();
    let network = &networks[0];
    for stage in ["facts", "state"] {
        assert_eq!(network[stage]["watermark"], blocks, "{said}");
        assert_eq!(network[stage]["committed_heights"], blocks, "{said}");
    }
    assert_eq!(network["quarantine"], serde_json::json!([]), "{said}");
    assert_eq!(network["audit_findings"].as_u64().unwrap_or(0), 0, "{said}");
}
