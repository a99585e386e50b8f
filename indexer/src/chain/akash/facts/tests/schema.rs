//! Rows and migrations agree: same columns, same order.

use crate::chain::akash::facts::{TABLES, Table, derive};
use crate::chain::akash::testing::{RECORDINGS, blocks};
use gridproof_store::batch::{Batch, Origin};

const IDENTITY: [&str; 9] = [
    "network",
    "chain_id",
    "height",
    "block_time",
    "tx_index",
    "msg_index",
    "event_index",
    "generation",
    "row_hash",
];

/// Column names of a `CREATE TABLE`, in order.
fn columns(sql: &str) -> Vec<String> {
    let (_, rest) = sql.split_once("\n(\n").unwrap();
    let (list, _) = rest.split_once("\n)\n").unwrap();
    list.lines()
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect()
}

fn check(table: &Table) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/clickhouse");
    let suffix = format!("_{}.sql", table.name);
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = files
        .find(|path| path.file_name().unwrap().to_str().unwrap()[4..] == *suffix)
        .unwrap_or_else(|| panic!("table {} has no migration NNNN{suffix}", table.name));
    let sql = std::fs::read_to_string(file).unwrap();
    let expected: Vec<&str> = IDENTITY.iter().chain(table.columns).copied().collect();
    assert_eq!(columns(&sql), expected, "{}", table.name);
    assert!(sql.contains(&format!("VIEW {}_live", table.name)), "{}", table.name);
}

#[test]
fn every_row_type_has_the_columns_of_its_table() {
    TABLES.iter().for_each(check);
    assert!(TABLES.len() >= 14, "tables are missing: {}", TABLES.len());
}

fn origin() -> Origin {
    Origin {
        network: "rec".to_owned(),
        chain_id: "rec".to_owned(),
    }
}

#[test]
fn the_row_of_a_block_digests_all_its_other_rows() {
    let mut batch = Batch::new(origin());
    for block in blocks("akash-gridlocal-all") {
        derive(&block, &mut batch).unwrap();
    }
    let rows: u64 = batch
        .tables
        .iter()
        .filter(|(table, _)| **table != "blocks")
        .map(|(_, rows)| rows.rows)
        .sum();
    assert_eq!(batch.digest().rows, rows);
    assert_eq!(batch.tables["blocks"].rows, 718);
}

#[test]
fn rows_do_not_depend_on_where_a_range_begins() {
    for recording in RECORDINGS {
        let blocks = blocks(recording);
        let digest = |parts: Vec<&[crate::chain::akash::model::Block]>| {
            let mut digests = Vec::new();
            for part in parts {
                let mut batch = Batch::new(origin());
                part.iter().for_each(|block| derive(block, &mut batch).unwrap());
                digests.extend(batch.digests);
            }
            digests
        };
        assert_eq!(digest(vec![&blocks]), digest(blocks.chunks(7).collect()), "{recording}");
    }
}
