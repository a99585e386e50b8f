//! The `clickhouse` crate with its default settings (LZ4, validation) against the embedded engine.
#![allow(clippy::unwrap_used)]

use clickhouse::error::Error;
use clickhouse::{Client, Row};
use gridproof_store::engine::testing::TestEngine;
use serde::{Deserialize, Serialize};

/// Enough to pass the engine's block size and the gateway's buffers many times over.
const MILLION: u64 = 1_000_000;

#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
struct Lease {
    height: u64,
    amount: u128,
    provider: String,
    gpu: Option<String>,
}

impl Lease {
    fn at(height: u64) -> Self {
        let gpu = (!height.is_multiple_of(3)).then(|| "h100".to_owned());
        Self {
            height,
            amount: u128::from(height) << 70,
            provider: format!("akash1;{height}'"),
            gpu,
        }
    }
}

async fn client_with_table(engine: &TestEngine) -> Client {
    let client = Client::default().with_url(engine.url());
    let ddl = "CREATE TABLE leases (height UInt64, amount UInt128, provider String, gpu Nullable(String)) \
               ENGINE = MergeTree ORDER BY height SETTINGS non_replicated_deduplication_window = 100";
    client.query(ddl).execute().await.unwrap();
    client
}

async fn insert(client: &Client, heights: std::ops::Range<u64>) -> Result<(), Error> {
    let mut insert = client.insert::<Lease>("leases").await?;
    for height in heights {
        insert.write(&Lease::at(height)).await?;
    }
    insert.end().await
}

fn code(error: &Error) -> i32 {
    let Error::BadResponse(text) = error else {
        panic!("not an answer of the engine: {error:?}")
    };
    text.strip_prefix("Code: ")
        .and_then(|t| t.split('.').next())
        .and_then(|n| n.parse().ok())
        .unwrap_or_else(|| panic!("{text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_come_back_as_they_went_in() {
    let engine = TestEngine::start();
    let client = client_with_table(&engine).await;
    insert(&client, 0..1000).await.unwrap();
    let rows: Vec<Lease> = client
        .query("SELECT ?fields FROM leases ORDER BY height")
        .fetch_all()
        .await
        .unwrap();
    assert_eq!(rows, (0..1000).map(Lease::at).collect::<Vec<_>>());
    let none: Vec<Lease> = client
        .query("SELECT ?fields FROM leases WHERE height > 5000")
        .fetch_all()
        .await
        .unwrap();
    assert_eq!(none, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_bound_by_the_server() {
    let engine = TestEngine::start();
    let client = client_with_table(&engine).await;
    insert(&client, 0..10).await.unwrap();
    let query = client.query("SELECT ?fields FROM leases WHERE height = {h:UInt64} AND provider = {p:String}");
    let row: Lease = query.param("h", 7).param("p", "akash1;7'").fetch_one().await.unwrap();
    assert_eq!(row, Lease::at(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_rows_stream_in_and_out() {
    let engine = TestEngine::start();
    let client = client_with_table(&engine).await;
    insert(&client, 0..MILLION).await.unwrap();
    let mut cursor = client
        .query("SELECT ?fields FROM leases ORDER BY height")
        .fetch::<Lease>()
        .unwrap();
    let mut next = 0;
    while let Some(row) = cursor.next().await.unwrap() {
        assert_eq!(row, Lease::at(next));
        next += 1;
    }
    assert_eq!(next, MILLION);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inserter_commits_its_batches() {
    let engine = TestEngine::start();
    let client = client_with_table(&engine).await;
    let mut inserter = client.inserter::<Lease>("leases").with_max_rows(100);
    for height in 0..1000 {
        inserter.write(&Lease::at(height)).await.unwrap();
        inserter.commit().await.unwrap();
    }
    inserter.end().await.unwrap();
    let count: u64 = client.query("SELECT count() FROM leases").fetch_one().await.unwrap();
    assert_eq!(count, 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deduplication_token_counts_once_and_only_in_its_own_request() {
    let engine = TestEngine::start();
    let client = client_with_table(&engine).await;
    let with_token = client
        .clone()
        .with_setting("insert_deduplication_token", "akash:leases:g1:v1:0-9");
    for _ in 0..3 {
        insert(&with_token, 0..10).await.unwrap();
    }
    let count = || client.query("SELECT count() FROM leases").fetch_one::<u64>();
    assert_eq!(count().await.unwrap(), 10, "the same token is the same insert");
    insert(&client, 10..20).await.unwrap();
    insert(&client, 20..30).await.unwrap();
    assert_eq!(
        count().await.unwrap(),
        30,
        "the token does not leak into other requests"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_statements_get_clickhouses_own_codes() {
    let engine = TestEngine::start();
    let client = client_with_table(&engine).await;
    for (sql, expected) in [
        ("SELECT 1 FROM nothing", 60),
        ("SELEC 1", 62),
        ("SELECT nothing FROM leases", 47),
        ("SELECT nofunction(1)", 46),
    ] {
        let error = client.query(sql).fetch_one::<u8>().await.unwrap_err();
        assert_eq!(code(&error), expected, "{sql}");
    }
    let unknown = client
        .clone()
        .with_setting("no_such_setting", "1")
        .query("SELECT 1")
        .fetch_one::<u8>()
        .await
        .unwrap_err();
    assert_eq!(code(&unknown), 115);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_the_middle_of_an_answer_reaches_the_reader() {
    let engine = TestEngine::start();
    let client = Client::default().with_url(engine.url());
    let sql = "SELECT number + throwIf(number = 900000) AS n FROM numbers(1000000)";
    let mut cursor = client.query(sql).fetch::<u64>().unwrap();
    let mut rows = 0;
    let error = loop {
        match cursor.next().await {
            Ok(Some(_)) => rows += 1,
            Ok(None) => panic!("the answer ended as if it were whole, after {rows} rows"),
            Err(error) => break error,
        }
    };
    assert_eq!(code(&error), 395);
    assert!(rows > 0, "the answer was streamed");
}
