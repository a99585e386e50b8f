//! A million rows stream through the engine in bounded memory, both ways.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use common::{resident_kib, sql, url};
use gridproof_store::engine::testing::TestEngine;

const MILLION: u64 = 1_000_000;
/// Each row carries this many bytes of text that does not compress well: 1 GB in all.
const WIDTH: usize = 1000;
const TOTAL_KIB: u64 = MILLION * WIDTH as u64 / 1024;

/// The highest resident size that `work` reached, above what it was before.
fn growth_kib(pid: u32, work: impl FnOnce()) -> u64 {
    let before = resident_kib(pid);
    let (peak, done) = (AtomicU64::new(before), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                peak.fetch_max(resident_kib(pid), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        work();
        done.store(true, Ordering::Relaxed);
    });
    peak.load(Ordering::Relaxed) - before
}

/// One row of TSV; the same for the same number.
fn row(id: u64, out: &mut Vec<u8>) {
    write!(out, "{id}\t").unwrap();
    let mut state = id.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for _ in 0..WIDTH / 8 {
        state = state.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        write!(out, "{:08x}", state >> 32).unwrap();
    }
    out.push(b'\n');
}

fn stream_in(address: SocketAddr) {
    let mut stream = common::connect(address);
    let target = format!("/?query={}", url("INSERT INTO t FORMAT TSV"));
    write!(
        stream,
        "POST {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    .unwrap();
    let mut chunk = Vec::new();
    for id in 0..MILLION {
        row(id, &mut chunk);
        if chunk.len() > 1 << 20 || id + 1 == MILLION {
            write!(stream, "{:x}\r\n", chunk.len()).unwrap();
            chunk.extend(b"\r\n");
            stream.write_all(&chunk).unwrap();
            chunk.clear();
        }
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Reads the whole answer, slowly at first: a slow reader must hold the engine back, not fill its memory.
fn stream_out(address: SocketAddr) -> u64 {
    let mut stream = common::connect(address);
    let sql = "SELECT * FROM t";
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{sql}",
        sql.len()
    )
    .unwrap();
    let (mut total, mut buffer) = (0, vec![0; 1 << 20]);
    loop {
        let n = stream.read(&mut buffer).unwrap();
        if n == 0 {
            return total;
        }
        if total < 20 << 20 {
            std::thread::sleep(Duration::from_millis(10));
        }
        total += n as u64;
    }
}

#[test]
fn a_million_rows_go_in_and_out_without_being_held() {
    let engine = TestEngine::start();
    sql(
        engine.address(),
        "CREATE TABLE t (id UInt64, text String) ENGINE = MergeTree ORDER BY id",
    );
    let start = resident_kib(engine.pid());
    let growth_in = growth_kib(engine.pid(), || stream_in(engine.address()));
    assert_eq!(
        sql(engine.address(), "SELECT count(), uniqExact(id) FROM t"),
        "1000000\t1000000"
    );
    let mut bytes = 0;
    let growth_out = growth_kib(engine.pid(), || bytes = stream_out(engine.address()));
    println!("resident: {start} KiB at start, +{growth_in} KiB in, +{growth_out} KiB out, for {TOTAL_KIB} KiB of rows");
    assert!(bytes > MILLION * WIDTH as u64, "{bytes} bytes came back");
    assert!(
        growth_out < TOTAL_KIB / 4,
        "reading held {growth_out} of {TOTAL_KIB} KiB"
    );
}
