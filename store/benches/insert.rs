//! How fast rows go into the embedded engine over HTTP, with the `clickhouse` crate and RowBinary.
//!
//! `cargo bench -p gridproof-store --bench insert` prints one line per case. The goal is a million rows a second. A bench
//! of its own kind and not criterion's: what matters is the rate of one long insert, engine and client together.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use clickhouse::{Client, Compression, Row};
use gridproof_store::engine::testing::TestEngine;
use serde::Serialize;

const ROWS: u64 = 4_000_000;
const RUNS: usize = 3;

/// About the width of a fact row: two numbers, an amount, an address.
#[derive(Row, Serialize)]
struct Fact<'a> {
    height: u64,
    event_index: i32,
    amount: u128,
    provider: &'a str,
}

#[tokio::main]
async fn main() {
    // `cargo test --all-targets` starts this program, too: without optimisation the figures mean nothing.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let engine = TestEngine::start();
    let base = Client::default().with_url(engine.url());
    let ddl = "CREATE TABLE facts (height UInt64, event_index Int32, amount UInt128, provider String) \
               ENGINE = MergeTree ORDER BY (height, event_index)";
    base.query(ddl).execute().await.unwrap();
    for (name, client) in [
        ("plain, validated", base.clone().with_compression(Compression::None)),
        (
            "plain, not validated",
            base.clone().with_compression(Compression::None).with_validation(false),
        ),
        ("LZ4, validated (the client's default)", base.clone()),
    ] {
        let mut best = Duration::MAX;
        for _ in 0..RUNS {
            base.query("TRUNCATE TABLE facts").execute().await.unwrap();
            best = best.min(insert(&client).await);
        }
        let count: u64 = base.query("SELECT count() FROM facts").fetch_one().await.unwrap();
        assert_eq!(count, ROWS, "{name}");
        println!(
            "{name}: {:.2} million rows/s ({ROWS} rows, best of {RUNS}: {best:.2?})",
            ROWS as f64 / best.as_secs_f64() / 1e6
        );
    }
}

async fn insert(client: &Client) -> Duration {
    let start = Instant::now();
    let mut insert = client.insert::<Fact<'_>>("facts").await.unwrap();
    for i in 0..ROWS {
        let row = Fact {
            height: i / 20,
            event_index: (i % 20) as i32,
            amount: u128::from(i) * 1_000_003,
            provider: "akash1qnnhhgzxj24f2kld5yhy4v4h4s9r295ak5gjw4",
        };
        insert.write(&row).await.unwrap();
    }
    insert.end().await.unwrap();
    start.elapsed()
}
