//! Rows written by the encoder, read back by the `clickhouse` crate, which checks names and types.
#![allow(clippy::unwrap_used)]

mod support;

use clickhouse::Row;
use gridproof_store::batch::{Batch, Identity, TableRow};
use gridproof_store::commit::Committer;
use gridproof_store::migrate::{self, MigrationFile};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use support::{DECODER, key, span, state_in};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Decimal(i128);

#[derive(Clone, Debug, PartialEq, Row, Serialize, Deserialize)]
struct EveryType {
    flag: bool,
    small: i8,
    short: i16,
    middle: i32,
    long: i64,
    huge: i128,
    byte: u8,
    word: u16,
    count: u32,
    amount: u64,
    total: u128,
    ratio: f64,
    text: String,
    denom: String,
    price: Decimal,
    twap: Option<Decimal>,
    seen_at: i64,
    priced_at: i64,
    note: Option<String>,
    window_s: Option<u64>,
    hash: [u8; 4],
    list: Vec<u32>,
    coins: Vec<(String, u128)>,
    pair: (i32, String),
    nested: Vec<Vec<Option<u8>>>,
    labels: BTreeMap<String, u64>,
}

impl TableRow for EveryType {
    const TABLE: &'static str = "every_type";
}

type Numbers = ((bool, i8, i16, i32, i64, i128), (u8, u16, u32, u64, u128, f64));

fn text() -> impl Strategy<Value = String> {
    ".{0,12}"
}

/// Every value of `Decimal(38, 18)` has at most 38 digits.
fn decimal() -> impl Strategy<Value = Decimal> {
    let limit = 10i128.pow(38);
    (-limit + 1..limit).prop_map(Decimal)
}

fn every_type() -> impl Strategy<Value = EveryType> {
    let numbers = any::<Numbers>();
    let texts = (
        text(),
        text(),
        prop::option::of(text()),
        any::<Option<u64>>(),
        any::<[u8; 4]>(),
    );
    let lists = (
        prop::collection::vec(any::<u32>(), 0..200),
        prop::collection::vec((text(), any::<u128>()), 0..3),
        (any::<i32>(), text()),
        prop::collection::vec(prop::collection::vec(any::<Option<u8>>(), 0..3), 0..3),
        prop::collection::btree_map(text(), any::<u64>(), 0..3),
    );
    // DateTime64 is checked against a calendar that begins in 1900 and ends in 2262 for nanoseconds.
    let times = (
        -2_208_988_800_000i64..9_223_372_036_000,
        -2_208_988_800_000_000_000i64..i64::MAX,
    );
    (numbers, texts, (decimal(), prop::option::of(decimal()), times), lists).prop_map(
        |(
            ((flag, small, short, middle, long, huge), (byte, word, count, amount, total, ratio)),
            (text, denom, note, window_s, hash),
            (price, twap, (seen_at, priced_at)),
            (list, coins, pair, nested, labels),
        )| EveryType {
            flag,
            small,
            short,
            middle,
            long,
            huge,
            byte,
            word,
            count,
            amount,
            total,
            ratio,
            text,
            denom,
            price,
            twap,
            seen_at,
            priced_at,
            note,
            window_s,
            hash,
            list,
            coins,
            pair,
            nested,
            labels,
        },
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_comes_back_as_it_was_written() {
    const ROWS: usize = 150;
    let (_engine, client) = support::engine().await;
    let file = MigrationFile::parse("0011_every_type.sql", include_bytes!("support/every_type.sql")).unwrap();
    let files: Vec<_> = support::migrations().into_iter().chain([file]).collect();
    migrate::clickhouse::up_with(&client, &files).await.unwrap();

    let mut runner = TestRunner::default();
    let strategy = every_type();
    let written: Vec<EveryType> = (0..ROWS)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect();
    let mut batch = Batch::new(support::origin());
    for (number, row) in written.iter().enumerate() {
        let identity = Identity {
            height: 1 + number as u64 % 7,
            block_time_ms: 1_700_000_000_000,
            tx_index: Identity::BEGIN_BLOCK,
            msg_index: -1,
            event_index: number as i32,
        };
        batch.push(&identity, row).unwrap();
    }

    let folder = tempfile::tempdir().unwrap();
    let (db, lease) = state_in(folder.path(), "me").await;
    let claim = db.claim(&lease, &key(), span(1, 7), DECODER).await.unwrap();
    Committer::new(client.clone(), db, lease)
        .commit(&claim, &batch)
        .await
        .unwrap();

    let read: Vec<EveryType> = client
        .raw()
        .query("SELECT ?fields FROM every_type ORDER BY event_index")
        .fetch_all()
        .await
        .unwrap();
    assert_eq!(read.len(), ROWS);
    for (read, written) in read.iter().zip(&written) {
        assert_eq!(read, written);
    }
    let identities = "SELECT uniqExact(network, chain_id, generation), min(height), max(height) FROM every_type";
    let found = client.fetch_all::<(u64, u64, u64)>(identities).await.unwrap();
    assert_eq!(found, [(1, 1, 7)]);
}
