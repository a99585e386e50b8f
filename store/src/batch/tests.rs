#![allow(clippy::unwrap_used)]

use super::*;

#[derive(Row, Serialize)]
struct Fee {
    payer: String,
    amount: u128,
    memo: Option<String>,
}

impl TableRow for Fee {
    const TABLE: &'static str = "tx_fees";
}

#[derive(Row, Serialize)]
struct Block {
    rows: u64,
}

impl TableRow for Block {
    const TABLE: &'static str = "blocks";
}

#[derive(Row, Serialize)]
struct Letter {
    letter: char,
}

impl TableRow for Letter {
    const TABLE: &'static str = "letters";
}

fn batch() -> Batch {
    Batch::new(Origin {
        network: "akash".into(),
        chain_id: "akashnet-2".into(),
    })
}

fn at(height: u64, event_index: i32) -> Identity {
    Identity {
        height,
        block_time_ms: 1_700_000_000_123,
        tx_index: 0,
        msg_index: -1,
        event_index,
    }
}

fn fee(payer: &str) -> Fee {
    Fee {
        payer: payer.into(),
        amount: 5,
        memo: None,
    }
}

#[test]
fn a_row_is_hash_identity_body() {
    let mut batch = batch();
    batch
        .push(
            &at(7, 3),
            &Fee {
                payer: "ab".into(),
                amount: 258,
                memo: Some("x".into()),
            },
        )
        .unwrap();
    let table = &batch.tables["tx_fees"];
    let mut expected = Vec::new();
    expected.extend_from_slice(&7u64.to_le_bytes());
    expected.extend_from_slice(&1_700_000_000_123i64.to_le_bytes());
    for index in [0i32, -1, 3] {
        expected.extend_from_slice(&index.to_le_bytes());
    }
    expected.extend_from_slice(b"\x02ab");
    expected.extend_from_slice(&258u128.to_le_bytes());
    expected.extend_from_slice(b"\x00\x01x");
    assert_eq!(table.bytes[8..], expected[..]);
    assert_eq!(table.bytes[..8], xxh3_64(&expected).to_le_bytes());
}

#[test]
fn the_shared_columns_go_before_each_row() {
    let mut batch = batch();
    batch.push(&at(7, 0), &fee("a")).unwrap();
    batch.push(&at(7, 1), &fee("bcd")).unwrap();
    let table = &batch.tables["tx_fees"];
    let mut out = Vec::new();
    table.write_rows(0..2, b"SHARED", &mut out);
    let rows: Vec<&[u8]> = table.iter().collect();
    assert_eq!(out, [b"SHARED", rows[0], b"SHARED", rows[1]].concat());
    let names: Vec<_> = table.columns().collect();
    assert_eq!(names[..4], ["network", "chain_id", "generation", "row_hash"]);
    assert_eq!(names[9..], ["payer", "amount", "memo"]);
}

#[test]
fn rows_that_are_there_can_be_left_out() {
    let mut batch = batch();
    for height in 1..=3 {
        batch.push(&at(height, 0), &fee("abc")).unwrap();
    }
    let table = &batch.tables["tx_fees"];
    let hashes: Vec<u64> = batch.digests.values().map(|digest| digest.xor).collect();
    let rest = table.without(&HashSet::from([hashes[1], 7]));
    let rows: Vec<&[u8]> = table.iter().collect();
    assert_eq!(rest.iter().collect::<Vec<_>>(), [rows[0], rows[2]]);
    assert_eq!((rest.rows, &rest.bytes), (2, &[rows[0], rows[2]].concat()));
    assert!(rest.columns().eq(table.columns()));
    assert_eq!(table.without(&hashes.into_iter().collect()).rows, 0);
}

#[test]
fn a_row_is_known_by_its_hash_whatever_stands_before_it() {
    for tx_index in [None, Some(0), Some(77)] {
        let mut batch = batch();
        let identity = SolanaIdentity {
            slot: 5,
            block_time_ms: 0,
            signature: "sig".into(),
            outer: 0,
            inner: -1,
            batch: -1,
            tx_index,
        };
        batch.push(&identity, &fee("abc")).unwrap();
        let hash = batch.digest_at(5).xor;
        assert_eq!(batch.tables["tx_fees"].without(&HashSet::from([hash])).rows, 0);
    }
}

#[test]
fn the_digest_covers_all_tables_but_blocks_and_ignores_order() {
    let (mut one, mut other) = (batch(), batch());
    for (batch, order) in [(&mut one, ["a", "b"]), (&mut other, ["b", "a"])] {
        for payer in order {
            batch.push(&at(7, i32::from(payer == "b")), &fee(payer)).unwrap();
        }
        batch.push(&at(7, 0), &Block { rows: 2 }).unwrap();
    }
    assert_eq!(one.digest_at(7).rows, 2);
    assert_eq!(one.rows(), 3);
    assert_eq!(one.digest_at(7), other.digest_at(7));
    assert_ne!(one.digest_at(7).xor, 0);
    assert_eq!(one.digest_at(8), HeightDigest::default());
}

#[test]
fn a_row_that_cannot_be_encoded_leaves_the_batch_as_it_was() {
    let mut batch = batch();
    batch.push(&at(7, 0), &fee("a")).unwrap();
    let before = (batch.bytes(), batch.digest());
    let error = batch.push(&at(7, 1), &Letter { letter: 'x' }).unwrap_err();
    assert_eq!(error, EncodeError::Unsupported("char"));
    assert_eq!((batch.bytes(), batch.digest()), before);
    assert!(!batch.tables.contains_key("letters"));
}

#[test]
fn parts_of_a_range_append_to_the_whole() {
    let (mut whole, mut first, mut second) = (batch(), batch(), batch());
    for (height, part) in [(1, &mut first), (2, &mut second)] {
        for batch in [&mut whole, part] {
            batch.push(&at(height, 0), &fee("a")).unwrap();
        }
    }
    first.append(second);
    assert_eq!(first.tables["tx_fees"].bytes, whole.tables["tx_fees"].bytes);
    assert_eq!(first.digests, whole.digests);
    assert_eq!(first.tables["tx_fees"].iter().count(), 2);
}

#[derive(Row, Serialize)]
struct SlotRow {
    rows: u64,
}

impl TableRow for SlotRow {
    const TABLE: &'static str = "render_slots";
}

#[derive(Row, Serialize)]
struct Change {
    account: String,
    post: u64,
}

impl TableRow for Change {
    const TABLE: &'static str = "render_balance_changes";
}

fn on_solana(signature: &str, tx_index: Option<u32>) -> SolanaIdentity {
    SolanaIdentity {
        slot: 9,
        block_time_ms: 1_700_000_000_000,
        signature: signature.into(),
        outer: 2,
        inner: SolanaIdentity::NONE,
        batch: 1,
        tx_index,
    }
}

fn change() -> Change {
    Change {
        account: "a".into(),
        post: 258,
    }
}

#[test]
fn a_row_of_solana_is_tx_index_hash_identity_body() {
    let mut hashed = Vec::new();
    hashed.extend_from_slice(&9u64.to_le_bytes());
    hashed.extend_from_slice(&1_700_000_000_000i64.to_le_bytes());
    hashed.extend_from_slice(b"\x03sig");
    for index in [2i32, -1, 1] {
        hashed.extend_from_slice(&index.to_le_bytes());
    }
    hashed.extend_from_slice(b"\x01a");
    hashed.extend_from_slice(&258u64.to_le_bytes());
    let hash = xxh3_64(&hashed).to_le_bytes();
    for (tx_index, unhashed) in [(None, &b"\x01"[..]), (Some(7), &b"\x00\x07\x00\x00\x00"[..])] {
        let mut batch = batch();
        batch.push(&on_solana("sig", tx_index), &change()).unwrap();
        let expected = [unhashed, &hash, &hashed].concat();
        assert_eq!(batch.tables["render_balance_changes"].bytes, expected);
    }
}

#[test]
fn the_columns_of_solana_are_named_in_the_order_of_the_bytes() {
    let mut batch = batch();
    batch.push(&on_solana("sig", None), &change()).unwrap();
    let names: Vec<_> = batch.tables["render_balance_changes"].columns().collect();
    let expected =
        "network chain_id generation tx_index row_hash slot block_time signature outer inner batch account post";
    assert_eq!(names.join(" "), expected);
}

#[test]
fn a_source_that_knows_the_position_in_the_block_writes_the_same_digest() {
    let (mut rpc, mut stream) = (batch(), batch());
    rpc.push(&on_solana("sig", None), &change()).unwrap();
    stream.push(&on_solana("sig", Some(3)), &change()).unwrap();
    assert_eq!(rpc.digests, stream.digests);
    assert_eq!(rpc.digest_at(9).rows, 1);
}

#[test]
fn the_table_of_digests_of_either_chain_is_left_out_of_them() {
    let mut batch = batch();
    batch.push(&on_solana("", None), &SlotRow { rows: 0 }).unwrap();
    batch.push(&at(7, 0), &Block { rows: 0 }).unwrap();
    assert_eq!((batch.rows(), batch.digest()), (2, HeightDigest::default()));
    for (table, holds) in [
        ("blocks", true),
        ("render_slots", true),
        ("block", false),
        ("blocks2", false),
        ("", false),
    ] {
        assert_eq!(holds_digests(table), holds, "{table}");
    }
}

#[test]
fn a_table_with_two_kinds_of_identity_is_refused() {
    let mut batch = batch();
    batch.push(&at(7, 0), &fee("a")).unwrap();
    let before = (batch.bytes(), batch.digest());
    let error = batch.push(&on_solana("sig", None), &fee("b")).unwrap_err();
    assert_eq!(error, EncodeError::OtherIdentity { table: "tx_fees" });
    assert_eq!((batch.bytes(), batch.digest()), before);
}

#[test]
fn a_row_of_a_series_is_height_hash_identity_body_and_counts_in_entries() {
    let of = |height| {
        let mut batch = batch();
        let identity = SeriesIdentity {
            sequence: 4,
            observed_at_ms: 1_790_000_000_001,
            item: 2,
            height,
        };
        batch.push(&identity, &change()).unwrap();
        batch
    };
    let mut hashed = Vec::new();
    hashed.extend_from_slice(&4u64.to_le_bytes());
    hashed.extend_from_slice(&1_790_000_000_001i64.to_le_bytes());
    hashed.extend_from_slice(&2u32.to_le_bytes());
    hashed.extend_from_slice(b"\x01a");
    hashed.extend_from_slice(&258u64.to_le_bytes());
    let hash = xxh3_64(&hashed).to_le_bytes();
    let (batch, other) = (of(77), of(0));
    let expected = [&77u64.to_le_bytes()[..], &hash, &hashed].concat();
    assert_eq!(batch.tables["render_balance_changes"].bytes, expected);
    let names: Vec<_> = batch.tables["render_balance_changes"].columns().collect();
    let columns = "network chain_id generation height row_hash sequence observed_at item account post";
    assert_eq!(names.join(" "), columns);
    assert_eq!(batch.digest_at(4).rows, 1, "ranges count entries, not heights");
    assert_eq!(batch.digests, other.digests, "where the chain stood changes no hash");
}
