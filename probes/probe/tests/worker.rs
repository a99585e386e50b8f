//! The worker process on the test driver: what it says when everything goes well and when the driver does not.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A worker with the test driver in its way, or with none.
struct Worker {
    child: Child,
    input: Option<ChildStdin>,
    _driver: TempDir,
}

impl Worker {
    fn start(scenario: Option<&str>, environment: &[(&str, &str)], job: &Value) -> Self {
        let driver = TempDir::new().expect("a folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_gridproof-probe"));
        command.arg("worker").envs(environment.iter().copied());
        if let Some(scenario) = scenario {
            gridproof_fakecuda::install(driver.path()).expect("the test driver is built");
            command.env("GRIDPROOF_FAKE_GPU", scenario);
        }
        command.env("LD_LIBRARY_PATH", driver.path());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut input = child.stdin.take().expect("piped");
        writeln!(input, "{}", json!({ "command": "job", "job": job })).expect("it listens");
        Self {
            child,
            input: Some(input),
            _driver: driver,
        }
    }

    fn go(&mut self) {
        writeln!(self.input.as_mut().expect("open"), "{{\"command\":\"go\"}}").expect("it listens");
    }

    /// All events up to the end; every line must be one. Says go to who is ready.
    fn events(mut self) -> Vec<Value> {
        let output = BufReader::new(self.child.stdout.take().expect("piped"));
        let mut events = Vec::new();
        for line in output.lines() {
            let event: Value = serde_json::from_str(&line.expect("UTF-8")).expect("nothing but events");
            if event["event"] == "ready" {
                self.go();
            }
            events.push(event);
        }
        self.child.wait().expect("it ends");
        events
    }
}

fn last(events: &[Value]) -> &Value {
    events.last().expect("an event")
}

fn inventory() -> Value {
    json!({ "job": "inventory" })
}

fn find<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    events
        .iter()
        .rev()
        .find(|event| event["event"] == kind)
        .unwrap_or_else(|| panic!("no {kind} in {events:?}"))
}

#[test]
fn without_a_driver_it_says_so_at_once() {
    let begin = Instant::now();
    let events = Worker::start(None, &[], &inventory()).events();
    assert_eq!(last(&events)["kind"], "no_driver");
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_driver_that_is_old_empty_mad_or_of_another_time_is_told_apart() {
    for (scenario, job, kind) in [
        ("no-gpu", inventory(), "no_gpu"),
        ("old-driver", inventory(), "old_driver"),
        ("garbage", inventory(), "garbage"),
        (
            "unknown-arch",
            json!({ "job": "measure", "device": 0, "mode": "quick" }),
            "unknown_architecture",
        ),
    ] {
        let events = Worker::start(Some(scenario), &[], &job).events();
        assert_eq!(last(&events)["kind"], kind, "{scenario}: {:?}", last(&events));
    }
}

#[test]
fn the_inventory_holds_what_driver_and_nvml_say_of_every_gpu() {
    let events = Worker::start(Some("h100-sxm"), &[("GRIDPROOF_FAKE_COUNT", "2")], &inventory()).events();
    assert_eq!(last(&events)["event"], "done");
    let answer = find(&events, "inventory");
    assert!(answer["driver"]["version"].is_string() && answer["driver"]["nvml_error"].is_null());
    let gpus = answer["gpus"].as_array().expect("a list");
    assert_eq!(gpus.len(), 2);
    for gpu in gpus {
        assert_eq!(gpu["name"], gpu["nvml_name"]);
        assert_eq!(gpu["architecture"]["loaded"], "sm_90a");
        assert_eq!(gpu["power"]["enforced_mw"], 700_000);
        assert_eq!(gpu["pci"]["device_id"], 0x2330_10de);
        assert_eq!(gpu["other_processes"], 0);
    }
    assert_ne!(gpus[0]["uuid"], gpus[1]["uuid"]);
    assert_ne!(
        gpus[0]["serial"], gpus[1]["serial"],
        "NVML answers for the GPU that was asked for"
    );
}

#[test]
fn an_ordinal_is_matched_by_address_and_not_by_the_index_of_nvml() {
    let both = Worker::start(Some("h100-sxm"), &[("GRIDPROOF_FAKE_COUNT", "2")], &inventory()).events();
    let hidden = [("GRIDPROOF_FAKE_COUNT", "2"), ("CUDA_VISIBLE_DEVICES", "1")];
    let second = Worker::start(Some("h100-sxm"), &hidden, &inventory()).events();
    let (both, second) = (find(&both, "inventory"), find(&second, "inventory"));
    assert_eq!(second["gpus"].as_array().map(Vec::len), Some(1));
    assert_eq!(second["gpus"][0]["ordinal"], 0);
    assert_eq!(second["gpus"][0]["serial"], both["gpus"][1]["serial"]);
}

#[test]
fn a_gpu_that_is_lost_on_the_way_leaves_what_was_measured() {
    let job = json!({ "job": "measure", "device": 0, "mode": "quick" });
    let events = Worker::start(
        Some("falls-off-bus"),
        &[("GRIDPROOF_FAKE_AFTER_LAUNCHES", "1500")],
        &job,
    )
    .events();
    assert_eq!(
        (&last(&events)["event"], &last(&events)["kind"]),
        (&json!("failed"), &json!("gpu_lost"))
    );
    let left = &find(&events, "partial")["measurements"];
    assert_eq!(left["census"]["status"], "measured");
    assert_eq!(left["heartbeat"]["status"], "not_measured");
}

#[test]
fn a_worker_whose_supervisor_is_gone_ends_in_whatever_call_it_hangs() {
    let mut worker = Worker::start(Some("hang"), &[], &inventory());
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(worker.child.try_wait().expect("it can be asked"), None, "it hangs");
    drop(worker.input.take());
    let begin = Instant::now();
    worker.child.wait().expect("it ends");
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[test]
fn all_at_once_waits_for_go_and_then_works_for_its_time() {
    let job = json!({ "job": "together", "device": 0, "mode": "quick" });
    let events = Worker::start(Some("h100-sxm"), &[], &job).events();
    assert_eq!(last(&events)["event"], "done");
    let ran = find(&events, "together");
    let seconds = (ran["to_ns"].as_f64().expect("ns") - ran["from_ns"].as_f64().expect("ns")) / 1e9;
    assert!((1.9..6.0).contains(&seconds), "{seconds}");
    assert!(
        (600.0..900.0).contains(&ran["gemm"].as_f64().expect("TFLOP/s")),
        "{ran}"
    );
    assert!((2900.0..3400.0).contains(&ran["read"].as_f64().expect("GB/s")), "{ran}");
}

#[test]
fn every_ordered_pair_of_gpus_is_linked_and_what_is_copied_arrives() {
    let job = json!({ "job": "links", "devices": [0, 1, 2], "mode": "quick" });
    let events = Worker::start(Some("h100-sxm"), &[("GRIDPROOF_FAKE_COUNT", "3")], &job).events();
    assert_eq!(last(&events)["event"], "done");
    let matrix = &find(&events, "links")["matrix"];
    let pairs = matrix["pairs"].as_array().expect("a list");
    let ends: Vec<_> = pairs
        .iter()
        .map(|pair| (pair["from"].as_u64(), pair["to"].as_u64()))
        .collect();
    let expected = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)].map(|(from, to)| (Some(from), Some(to)));
    assert_eq!(ends, expected);
    for pair in pairs {
        assert_eq!(pair["intact"], true);
        let (one, both) = (pair["one_way"]["median"].as_f64(), pair["both_ways"]["median"].as_f64());
        let ratio = both.expect("GB/s") / one.expect("GB/s");
        assert!((1.2..2.4).contains(&ratio), "both ways are {ratio} times one way");
    }
}
