//! An acknowledged insert survives SIGKILL, and a token makes a repeated one count once.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{sql, url};
use gridproof_store::engine::testing::TestEngine;

const KILLS: usize = 30;
const WRITERS: u64 = 3;
const ROWS: u64 = 500;

/// Sends one insert of [`ROWS`] rows `(writer, batch, row)`; true if the engine acknowledged it.
fn insert(address: SocketAddr, writer: u64, batch: u64) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let rows: String = (0..ROWS).map(|row| format!("{writer}\t{batch}\t{row}\n")).collect();
    let target = format!(
        "/?insert_deduplication_token=w{writer}:{batch}&query={}",
        url("INSERT INTO t FORMAT TSV")
    );
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        rows.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(rows.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}

/// Writes batch after batch, each again with its token until it is acknowledged; returns how many were.
fn write_until(stop: &AtomicBool, address: SocketAddr, writer: u64) -> u64 {
    let mut batch = 0;
    while !stop.load(Ordering::Relaxed) {
        if matches!(insert(address, writer, batch), Ok(true)) {
            batch += 1;
        } else {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    batch
}

#[test]
fn dozens_of_kills_lose_no_acknowledged_insert_and_double_none() {
    let mut engine = TestEngine::start();
    let address = engine.address();
    sql(
        address,
        "CREATE TABLE t (writer UInt64, batch UInt64, row UInt64) ENGINE = MergeTree ORDER BY (writer, batch, row) \
         SETTINGS non_replicated_deduplication_window = 10000",
    );
    let stop = AtomicBool::new(false);
    let acknowledged: BTreeMap<u64, u64> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|w| {
                (
                    w,
                    scope.spawn({
                        let stop = &stop;
                        move || write_until(stop, address, w)
                    }),
                )
            })
            .collect();
        for kill in 0..KILLS {
            // Different moments of a batch's life; the seed is fixed, the machine is not.
            std::thread::sleep(Duration::from_millis(30 + (kill as u64 * 37) % 120));
            engine.restart();
        }
        std::thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::Relaxed);
        writers
            .into_iter()
            .map(|(w, thread)| (w, thread.join().unwrap()))
            .collect()
    });
    assert!(
        acknowledged.values().sum::<u64>() > KILLS as u64,
        "too few inserts to say anything: {acknowledged:?}"
    );
    for (writer, batches) in acknowledged {
        let seen = sql(
            address,
            &format!(
                "SELECT count(), uniqExact(batch, row), countIf(batch < {batches}) FROM t WHERE writer = {writer}"
            ),
        );
        let seen: Vec<u64> = seen.split('\t').map(|n| n.parse().unwrap()).collect();
        assert_eq!(seen[0], seen[1], "writer {writer}: rows are there twice");
        assert_eq!(
            seen[2],
            batches * ROWS,
            "writer {writer}: acknowledged rows are missing"
        );
        assert!(
            seen[0] <= (batches + 1) * ROWS,
            "writer {writer}: more than the one batch without an answer"
        );
    }
}

#[test]
fn a_token_whose_rows_were_never_written_is_forgotten_at_the_start() {
    let mut engine = TestEngine::start();
    let address = engine.address();
    sql(
        address,
        "CREATE TABLE t (writer UInt64, batch UInt64, row UInt64) ENGINE = MergeTree ORDER BY row \
         SETTINGS non_replicated_deduplication_window = 100",
    );
    (0..3).for_each(|batch| assert!(insert(address, 1, batch).unwrap()));
    let newest = "SELECT argMax(path, min_block_number) FROM system.parts WHERE table = 't' AND active";
    let part = sql(address, newest);
    engine.kill();
    // The engine notes the token, then renames the part from its temporary name: this is a kill between the two.
    std::fs::remove_dir_all(&part).unwrap();
    engine.restart();
    assert_eq!(sql(address, "SELECT count() FROM t"), (2 * ROWS).to_string());
    for batch in [0, 1, 2, 2] {
        assert!(insert(address, 1, batch).unwrap());
    }
    let seen = sql(address, "SELECT count(), uniqExact(batch, row) FROM t");
    assert_eq!(seen, format!("{0}\t{0}", 3 * ROWS), "each acknowledged row once");
}

#[test]
fn a_token_is_remembered_across_a_kill() {
    let mut engine = TestEngine::start();
    let address = engine.address();
    sql(
        address,
        "CREATE TABLE t (writer UInt64, batch UInt64, row UInt64) ENGINE = MergeTree ORDER BY row \
         SETTINGS non_replicated_deduplication_window = 100",
    );
    assert!(insert(address, 1, 1).unwrap());
    engine.restart();
    assert!(insert(address, 1, 1).unwrap(), "a repeated insert is acknowledged");
    assert_eq!(sql(address, "SELECT count() FROM t"), ROWS.to_string());
    assert!(insert(address, 1, 2).unwrap());
    assert_eq!(sql(address, "SELECT count() FROM t"), (2 * ROWS).to_string());
}
