//! A plain HTTP/1.1 exchange over a socket, so that tests can also send what no client library would.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::LazyLock;
use std::time::Duration;

use gridproof_store::engine::testing::TestEngine;

/// An answer, its body taken out of the chunked framing.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// The body ended as it should: at its stated length, or with the final chunk.
    pub complete: bool,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&prefix))
    }

    /// ClickHouse's exception code, from the header.
    pub fn code(&self) -> Option<i32> {
        self.header("x-clickhouse-exception-code").map(|c| c.parse().unwrap())
    }
}

/// Sends `bytes` as they are and reads to the end of the connection.
pub fn exchange(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = connect(address);
    // The engine may answer and close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    parse(&answer)
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// `POST target` with a body of known length. `headers` end each with `\r\n`.
pub fn post_with(address: SocketAddr, target: &str, headers: &str, body: &[u8]) -> Answer {
    let length = body.len();
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
    );
    exchange(address, &[head.as_bytes(), body].concat())
}

pub fn post(address: SocketAddr, target: &str, body: impl AsRef<[u8]>) -> Answer {
    post_with(address, target, "", body.as_ref())
}

pub fn get(address: SocketAddr, target: &str) -> Answer {
    exchange(
        address,
        format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes(),
    )
}

/// Runs a statement that must succeed and returns its answer without the last line feed.
pub fn sql(address: SocketAddr, statement: &str) -> String {
    let answer = post(address, "/", statement);
    assert_eq!(answer.status, 200, "{statement}: {}", answer.text());
    answer.text().trim_end().to_owned()
}

/// Percent-encodes a statement for a URL.
pub fn url(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() {
                char::from(b).to_string()
            } else {
                format!("%{b:02x}")
            }
        })
        .collect()
}

fn parse(bytes: &[u8]) -> Answer {
    let split = bytes.windows(4).position(|w| w == b"\r\n\r\n");
    let split = split.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
    let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let raw = &bytes[split + 4..];
    let (body, complete) = if head.contains("transfer-encoding: chunked") {
        unchunk(raw)
    } else {
        let length = head
            .lines()
            .find_map(|l| l.strip_prefix("content-length: "))
            .map_or(0, |l| l.parse().unwrap());
        (raw.to_vec(), raw.len() == length)
    };
    Answer {
        status,
        head,
        body,
        complete,
    }
}

fn unchunk(mut raw: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(line) = raw.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&raw[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        raw = &raw[line + 2..];
        body.extend(&raw[..size.min(raw.len())]);
        raw = raw.get(size + 2..).unwrap_or_default();
    }
    (body, false)
}

/// Resident memory of a process, in KiB.
pub fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Waits until `condition` holds, for at most `seconds`.
pub fn within_seconds(seconds: u64, mut condition: impl FnMut() -> bool) -> bool {
    let end = std::time::Instant::now() + Duration::from_secs(seconds);
    while std::time::Instant::now() < end {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// One engine for all tests of this file; each uses tables of its own name.
/// A static is never dropped: the engine ends with this process, when its standard input does.
static ENGINE: LazyLock<TestEngine> = LazyLock::new(TestEngine::start);

/// Its address.
pub fn engine() -> SocketAddr {
    ENGINE.address()
}

pub fn still_serves() {
    assert_eq!(sql(engine(), "SELECT 1"), "1");
}

pub fn count(table: &str) -> String {
    sql(engine(), &format!("SELECT count() FROM {table}"))
}

pub fn table(name: &str) {
    sql(
        engine(),
        &format!("CREATE TABLE {name} (id UInt64, name String) ENGINE = MergeTree ORDER BY id"),
    );
}

pub fn insert_target(table: &str, format: &str) -> String {
    format!("/?query={}", url(&format!("INSERT INTO {table} FORMAT {format}")))
}
