//! A state database, an engine with the tables of this crate, and a small chain of two fact tables.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

pub mod render;
pub mod render_sample;

use clickhouse::Row;
use gridproof_store::batch::{Batch, Identity, Origin, TableRow};
use gridproof_store::client::{ClickHouse, ClickHouseConfig};
use gridproof_store::commit::Committer;
use gridproof_store::engine::testing::TestEngine;
use gridproof_store::migrate::{self, MigrationFile};
use gridproof_store::state_db::{Network, Span, StageKey, StateDb, WriterLease};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

pub const NETWORK: &str = "testnet";
pub const DECODER: u32 = 3;
pub const TTL: Duration = Duration::from_secs(30);

#[derive(Row, Serialize)]
pub struct Fee {
    pub payer: String,
    pub amount: u128,
}

impl TableRow for Fee {
    const TABLE: &'static str = "tx_fees";
}

#[derive(Row, Serialize)]
pub struct Mint {
    pub amount: u128,
    pub note: Option<String>,
}

impl TableRow for Mint {
    const TABLE: &'static str = "mint";
}

/// Tables of this crate and of the small chain.
pub fn migrations() -> Vec<MigrationFile> {
    let own = migrate::clickhouse_files()
        .unwrap()
        .into_iter()
        .filter(|file| file.version < 10);
    let facts = MigrationFile::parse("0010_facts.sql", include_bytes!("facts.sql")).unwrap();
    own.chain([facts]).collect()
}

pub fn client(url: &str) -> ClickHouse {
    ClickHouse::new(ClickHouseConfig {
        url: url.into(),
        user: String::new(),
        password: String::new(),
        database: "gridproof".into(),
    })
}

/// A fresh engine with all tables.
pub async fn engine() -> (TestEngine, ClickHouse) {
    let engine = TestEngine::start();
    let client = client(&engine.url());
    migrate::clickhouse::up_with(&client, &migrations()).await.unwrap();
    (engine, client)
}

pub fn span(from: u64, to: u64) -> Span {
    Span::new(from, to).unwrap()
}

pub fn key() -> StageKey {
    StageKey::new(NETWORK, StageKey::FACTS)
}

pub fn network() -> Network {
    Network {
        name: NETWORK.into(),
        chain_id: "test-1".into(),
        kind: "akash".into(),
        first_height: 1,
        note: String::new(),
    }
}

/// The state database in `folder`, with the network registered and the lease taken by `owner`.
pub async fn state_in(folder: &Path, owner: &str) -> (StateDb, WriterLease) {
    let db = StateDb::open_file(&folder.join("state.db")).await.unwrap();
    db.register_network(&network()).await.unwrap();
    let lease = db.acquire_writer("indexer", owner, TTL).await.unwrap();
    (db, lease)
}

pub fn origin() -> Origin {
    Origin {
        network: NETWORK.into(),
        chain_id: "test-1".into(),
    }
}

/// The rows of a range: a pure function of the heights and of what `amount` makes of them.
pub fn rows(span: Span, amount: impl Fn(u64) -> u128) -> Batch {
    let mut batch = Batch::new(origin());
    for height in span.from..=span.to {
        let identity = Identity {
            height,
            block_time_ms: 1_700_000_000_000 + 6_000 * height as i64,
            tx_index: 0,
            msg_index: -1,
            event_index: 0,
        };
        for event_index in 0..2 {
            let fee = Fee {
                payer: format!("payer-{event_index}"),
                amount: amount(height),
            };
            batch
                .push(
                    &Identity {
                        event_index,
                        ..identity.clone()
                    },
                    &fee,
                )
                .unwrap();
        }
        let mint = Mint {
            amount: amount(height),
            note: (height % 2 == 0).then(|| "even".to_owned()),
        };
        batch
            .push(
                &Identity {
                    tx_index: Identity::END_BLOCK,
                    ..identity
                },
                &mint,
            )
            .unwrap();
    }
    batch
}

/// Claims and commits one range.
pub async fn commit(committer: &Committer, span: Span) {
    let claim = committer
        .state()
        .claim(committer.lease(), &key(), span, DECODER)
        .await
        .unwrap();
    committer.commit(&claim, &rows(span, u128::from)).await.unwrap();
}

pub async fn number(client: &ClickHouse, sql: &str) -> u64 {
    client.fetch_all::<u64>(sql).await.unwrap()[0]
}

/// Every row of a table as text, without `FINAL`, in a fixed order.
pub async fn dump(client: &ClickHouse, table: &str) -> Vec<String> {
    let sql = format!("SELECT toString(tuple(*)) AS line FROM {table} ORDER BY line");
    client.fetch_all::<String>(&sql).await.unwrap()
}
