//! Clients of ClickHouse, unmodified and with their default settings, against the embedded engine: each creates a
//! table, inserts, selects, streams a million rows both ways, and gets ClickHouse's own code for a bad query.
//!
//! The `clickhouse` crate has a file of its own (`engine_rust_client.rs`). The programs and their locked dependencies
//! are in `clients/`; `clients/setup.sh` installs them.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gridproof_store::engine::testing::TestEngine;
use serde_json::{Value, json};

const MILLION: u64 = 1_000_000;
/// 0 + 1 + … + 999,999.
const SUM: u64 = MILLION * (MILLION - 1) / 2;

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Runs a client program against a fresh engine and returns what it reports. `installed` must be there.
fn report(program: &Path, args: &[&Path], installed: &Path) -> Value {
    assert!(
        installed.exists(),
        "{} is missing: run store/tests/clients/setup.sh",
        installed.display()
    );
    let engine = TestEngine::start();
    let output = Command::new(program).args(args).arg(engine.url()).output();
    let output = output.unwrap_or_else(|e| {
        panic!(
            "cannot run {}: {e}; run store/tests/clients/setup.sh",
            program.display()
        )
    });
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{} failed: {stderr}{stdout}",
        program.display()
    );
    serde_json::from_str(&stdout).unwrap_or_else(|e| panic!("{e}: {stdout}{stderr}"))
}

#[test]
fn npm_clickhouse_client() {
    let dir = clients().join("node");
    let seen = report(
        Path::new("node"),
        &[&dir.join("client.mjs")],
        &dir.join("node_modules/@clickhouse/client"),
    );
    let before_failure = seen["before_failure"].as_u64().unwrap();
    assert!(
        (1..=900_000).contains(&before_failure),
        "rows before the failure were streamed: {before_failure}"
    );
    let expected = json!({
        "ping": true, "ping_select": true, "written": 3, "query_id_echoed": true, "empty": 0,
        "rows": [
            {"id": 0, "name": "a", "note": null},
            {"id": 1, "name": "b;c", "note": "it's; \n noted"},
            {"id": 2, "name": "ü", "note": null},
        ],
        "json": {"rows": 1, "n": 3}, "inserted": MILLION, "sum": SUM, "streamed": MILLION,
        "error": {"code": 60, "type": "UNKNOWN_TABLE"}, "before_failure": before_failure, "mid_stream": 395,
    });
    assert_eq!(seen, expected);
}

#[test]
fn pypi_clickhouse_connect() {
    let dir = clients().join("python");
    let python = dir.join(".venv/bin/python");
    let seen = report(&python, &[&dir.join("client.py")], &python);
    let expected = json!({
        "version": "26.7.2.1", "ping": true, "written": 3, "columns": ["id", "name", "note"],
        "rows": [[0, "a", null], [1, "b;c", "it's; \n noted"], [2, "ü", null]], "empty": 0,
        "no_rows_columns": ["id", "name"], "count": 3, "setting": 3,
        "inserted": MILLION, "sum": SUM, "streamed": MILLION, "error_code": 60,
    });
    assert_eq!(seen, expected);
}

#[test]
fn clickhouse_go_over_http() {
    let program = clients().join("go/client");
    let seen = report(&program, &[], &program);
    let expected = json!({
        "version": "26.7.2",
        "rows": [
            {"id": 0, "name": "a", "note": null},
            {"id": 1, "name": "b;c", "note": "it's; \n noted"},
            {"id": 2, "name": "ü", "note": null},
        ],
        "empty": 0, "inserted": MILLION, "sum": SUM, "streamed": MILLION, "stream_sum": SUM, "error_code": 60,
    });
    assert_eq!(seen, expected);
}

/// Runs `curl -sS` with `input` on its standard input; returns head and body.
fn curl(args: &[&str], input: &[u8]) -> (String, Vec<u8>) {
    let mut child = Command::new("curl")
        .args(["-sS", "-i", "--max-time", "300"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("cannot run curl: {e}; install it"));
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "curl {args:?}: {}", output.status);
    let mut answer = &output.stdout[..];
    loop {
        let split = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&answer[..split]).to_ascii_lowercase();
        answer = &answer[split + 4..];
        // curl asks before it sends a large body, and shows that answer, too.
        if !head.starts_with("http/1.1 100") {
            return (head, answer.to_vec());
        }
    }
}

#[test]
fn curl_with_statements_in_url_and_body() {
    let engine = TestEngine::start();
    let url = engine.url();
    let post = |sql: &str| curl(&[&url, "--data-binary", "@-"], sql.as_bytes());

    assert_eq!(curl(&[&format!("{url}/ping")], b"").1, b"Ok.\n");
    assert_eq!(curl(&[&format!("{url}/?query=SELECT%201")], b"").1, b"1\n");
    assert!(
        post("CREATE TABLE t (id UInt64, name String) ENGINE = MergeTree ORDER BY id")
            .0
            .contains(" 200 ok")
    );
    assert!(
        post("INSERT INTO t VALUES (1, 'a;b'), (2, 'it''s');")
            .0
            .contains(r#""written_rows":"2""#)
    );
    assert_eq!(
        post("SELECT * FROM t ORDER BY id FORMAT CSV").1,
        b"1,\"a;b\"\n2,\"it's\"\n"
    );
    let with_param = curl(
        &[
            &format!("{url}/?param_id=2"),
            "-d",
            "SELECT name FROM t WHERE id = {id:UInt64}",
        ],
        b"",
    );
    assert_eq!(with_param.1, b"it\\'s\n", "TabSeparated escapes the quote");
    let form = curl(
        &[&url, "-F", "query=SELECT {a:String}", "-F", "param_a=from a form"],
        b"",
    );
    assert_eq!(form.1, b"from a form\n");

    let (head, text) = post("SELECT * FROM no_such_table");
    assert!(
        head.starts_with("http/1.1 404") && head.contains("x-clickhouse-exception-code: 60"),
        "{head}"
    );
    assert!(
        text.starts_with(b"Code: 60. DB::Exception: "),
        "{}",
        String::from_utf8_lossy(&text)
    );
}

#[test]
fn curl_streams_a_million_rows_both_ways() {
    let engine = TestEngine::start();
    let url = engine.url();
    let mut rows = String::new();
    for id in 0..MILLION {
        rows.push_str(&format!("{id}\trow {id}\n"));
    }
    curl(
        &[
            &url,
            "-d",
            "CREATE TABLE t (id UInt64, name String) ENGINE = MergeTree ORDER BY id",
        ],
        b"",
    );
    let insert = format!("{url}/?query=INSERT%20INTO%20t%20FORMAT%20TSV");
    // `-T -` uploads in chunks as standard input delivers them.
    let (head, _) = curl(&["-X", "POST", "-T", "-", &insert], rows.as_bytes());
    assert!(head.contains(r#""written_rows":"1000000""#), "{head}");
    let (head, body) = curl(&[&url, "-d", "SELECT * FROM t ORDER BY id"], b"");
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert!(
        body == rows.as_bytes(),
        "{} bytes came back instead of {}",
        body.len(),
        rows.len()
    );
}
