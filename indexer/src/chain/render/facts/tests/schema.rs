//! Rows and migrations agree: same columns, same order.

use crate::chain::render::decode::decode_slot;
use crate::chain::render::facts::{TABLES, Table, derive};
use crate::chain::render::testing::{WORLD, batch, raw_slots, rules, slots};
use gridproof_store::batch::Batch;

const IDENTITY: [&str; 11] = [
    "network",
    "chain_id",
    "slot",
    "block_time",
    "signature",
    "outer",
    "inner",
    "batch",
    "generation",
    "row_hash",
    "tx_index",
];

/// Column names of a `CREATE TABLE`, in order; aliases are no columns of a row.
fn columns(sql: &str) -> Vec<String> {
    let (_, rest) = sql.split_once("\n(\n").unwrap();
    let (list, _) = rest.split_once("\n)\n").unwrap();
    list.lines()
        .map(str::trim)
        .filter(|line| !line.contains(" ALIAS ") && !line.starts_with("INDEX ") && !line.starts_with("--"))
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
    let (mut found, mut expected) = (columns(&sql), IDENTITY.map(str::to_owned).to_vec());
    // Where the identity's columns stand among themselves is the store's; after them the order is that of the rows.
    let body = found.split_off(IDENTITY.len());
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "identity of {}", table.name);
    assert_eq!(body, table.columns, "{}", table.name);
    assert!(sql.contains(&format!("VIEW {}_live", table.name)), "{}", table.name);
}

#[test]
fn every_row_type_has_the_columns_of_its_table() {
    TABLES.iter().for_each(check);
}

fn derived(encoding: &str, backwards: bool) -> Batch {
    let (rules, mut batch) = (rules(WORLD), batch());
    for mut raw in raw_slots(WORLD, encoding) {
        if backwards {
            raw.transactions.reverse();
        }
        derive(&rules, &decode_slot(&raw).unwrap(), &mut batch).unwrap();
    }
    batch
}

#[test]
fn json_and_base64_give_the_same_rows_to_the_byte() {
    let (json, base64) = (derived("json", false), derived("base64", true));
    assert_eq!(json.tables.len(), 4, "nothing in the recording is unknown");
    for (name, rows) in &json.tables {
        assert_eq!(rows.bytes, base64.tables[name].bytes, "{name}");
    }
    assert_eq!(json.digests, base64.digests);
}

#[test]
fn the_row_of_a_slot_digests_all_its_other_rows() {
    let batch = derived("json", false);
    let rows = |name: &str| batch.tables.get(name).map_or(0, |table| table.rows);
    let others = rows("render_transactions") + rows("render_token_events") + rows("render_balance_changes");
    assert_eq!(batch.digest().rows, others);
    assert_eq!(rows("render_transactions"), 296);
    assert_eq!(rows("render_slots"), slots(WORLD).len() as u64);
}

#[test]
fn rows_do_not_depend_on_where_a_range_begins() {
    let (rules, slots) = (rules(WORLD), slots(WORLD));
    let whole = derived("json", false);
    let mut digests = std::collections::BTreeMap::new();
    for part in slots.chunks(7) {
        let mut batch = batch();
        part.iter().for_each(|slot| derive(&rules, slot, &mut batch).unwrap());
        digests.extend(batch.digests);
    }
    assert_eq!(whole.digests, digests);
}

#[test]
fn the_position_in_a_block_changes_no_hash() {
    let rules = rules(WORLD);
    let mut slot = slots(WORLD).pop().unwrap();
    let digest = |slot: &crate::chain::render::model::Slot| {
        let mut batch = batch();
        derive(&rules, slot, &mut batch).unwrap();
        batch.digest()
    };
    let without = digest(&slot);
    slot.transactions[0].tx_index = Some(41);
    assert_eq!(without, digest(&slot));
}
