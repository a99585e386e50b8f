//! The engine's process: started once per folder, restarted when it dies, stopped with its parent.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{get, sql};
use gridproof_store::engine::testing::engine_program;
use gridproof_store::engine::{EngineError, EngineOptions, LockError, Supervisor, SupervisorOptions, serve};

fn options(dir: &Path) -> SupervisorOptions {
    let mut options = SupervisorOptions::new(engine_program(), dir);
    options.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    options
}

fn address(supervisor: &Supervisor) -> SocketAddr {
    supervisor.url().strip_prefix("http://").unwrap().parse().unwrap()
}

fn alive(pid: u32) -> bool {
    // A zombie has ended: only its parent's wait is missing.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

async fn within(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < limit {
        if condition() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_answers_and_stops() {
    let dir = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::start(options(dir.path())).await.unwrap();
    assert_eq!(sql(address(&supervisor), "SELECT version()"), "26.7.2.1");
    let pid = supervisor.pid();
    assert_eq!(
        std::fs::read_to_string(dir.path().join("engine.pid")).unwrap(),
        pid.to_string()
    );
    assert_eq!(
        std::fs::read_to_string(dir.path().join("engine.addr")).unwrap(),
        supervisor.url()
    );
    let start = Instant::now();
    supervisor.stop().await;
    assert!(
        !alive(pid) && start.elapsed() < Duration::from_secs(9),
        "stopped by itself, not killed at the limit"
    );
    assert!(!dir.path().join("engine.pid").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_engine_on_the_folder_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let first = Supervisor::start(options(dir.path())).await.unwrap();
    let refusal = Supervisor::start(options(dir.path())).await.unwrap_err();
    assert!(
        matches!(refusal, EngineError::Lock(LockError::Held { .. })),
        "{refusal:?}"
    );
    let text = refusal.to_string();
    assert!(
        text.contains(&format!("pid {}", first.pid())) && text.contains("started 2"),
        "{text}"
    );
    // The program itself refuses, too, whoever starts it.
    let output = Command::new(engine_program())
        .args(["--data-dir"])
        .arg(dir.path())
        .args(["--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && stderr.contains(&format!("pid {}", first.pid())),
        "{stderr}"
    );
    assert_eq!(sql(address(&first), "SELECT 1"), "1", "the first one is not disturbed");
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_comes_back_at_the_same_address_with_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::start(options(dir.path())).await.unwrap();
    let address = address(&supervisor);
    sql(address, "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a");
    for n in 1..=3 {
        sql(address, &format!("INSERT INTO t VALUES ({n})"));
        let pid = supervisor.pid();
        kill(pid);
        let back = within(Duration::from_secs(60), || {
            supervisor.restarts() == n && ![0, pid].contains(&supervisor.pid())
        })
        .await;
        assert!(back, "restart {n}");
        assert_eq!(sql(address, "SELECT count() FROM t"), n.to_string());
    }
    supervisor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_ends_with_its_parent() {
    let dir = tempfile::tempdir().unwrap();
    // The shell stands for the parent: when it is killed, the pipe to the engine's standard input closes.
    let script = format!(
        "sleep 1000 | GRIDPROOF_ENGINE_SUPERVISED=1 exec {} --data-dir {} --listen 127.0.0.1:0",
        engine_program().display(),
        dir.path().display()
    );
    let mut parent = Command::new("sh")
        .args(["-c", &script])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid_file = dir.path().join("engine.pid");
    assert!(within(Duration::from_secs(60), || pid_file.exists()).await);
    let pid: u32 = std::fs::read_to_string(&pid_file).unwrap().parse().unwrap();
    let writer = children(parent.id()).into_iter().find(|child| *child != pid);
    kill(writer.unwrap_or_else(|| panic!("the shell has no child beside the engine")));
    assert!(
        within(Duration::from_secs(20), || !alive(pid)).await,
        "the engine outlives the end of its input"
    );
    let _ = parent.kill();
    parent.wait().unwrap();
}

fn children(pid: u32) -> Vec<u32> {
    let list = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    list.split_whitespace().map(|p| p.parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_fails_is_reported_with_its_last_words() {
    let dir = tempfile::tempdir().unwrap();
    let mut broken = options(dir.path());
    broken.library = Some(dir.path().join("no-such-library.so"));
    let error = Supervisor::start(broken).await.unwrap_err().to_string();
    assert!(
        error.contains("no-such-library.so") && error.contains("make engine"),
        "{error}"
    );
    let mut missing = options(dir.path());
    missing.program = dir.path().join("no-such-program");
    assert!(matches!(
        Supervisor::start(missing).await,
        Err(EngineError::Spawn { .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_loopback_addresses_are_served_unless_told_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let mut open = EngineOptions::new(dir.path());
    open.listen = SocketAddr::from(([0, 0, 0, 0], 0));
    assert!(matches!(serve(open.clone()).await, Err(EngineError::NotLoopback(_))));
    open.allow_remote = true;
    assert!(
        matches!(serve(open).await, Err(EngineError::NotLoopback(_))),
        "remote clients need a password"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_address_is_an_error_that_names_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    options.listen = taken.local_addr().unwrap();
    let error = Supervisor::start(options).await.unwrap_err().to_string();
    assert!(error.contains(&taken.local_addr().unwrap().to_string()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_a_running_statement_finish() {
    let dir = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::start(options(dir.path())).await.unwrap();
    let address = address(&supervisor);
    let running = std::thread::spawn(move || get(address, "/?query=SELECT%20sleep(2)%2C%20'finished'"));
    tokio::time::sleep(Duration::from_millis(700)).await;
    supervisor.stop().await;
    assert_eq!(running.join().unwrap().text(), "0\tfinished\n");
}
