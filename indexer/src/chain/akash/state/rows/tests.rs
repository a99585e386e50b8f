//! The rows against the tables, and against the state they come from.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::chain::akash::state::ledger::TakeParams;
use crate::chain::akash::state::tests::replay::replay;
use gridproof_store::batch::{Origin, TableRow};
use std::collections::BTreeMap;

/// Columns of a table as its migration declares them, after the identity.
fn declared(table: &str) -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/clickhouse");
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let Some((_, rest)) = text.split_once(&format!("CREATE TABLE IF NOT EXISTS {table}\n(\n")) else {
            continue;
        };
        let (body, _) = rest.split_once("\n)\n").unwrap();
        let names = body
            .lines()
            .map(|line| line.split_whitespace().next().unwrap().to_owned());
        let all: Vec<String> = names.collect();
        assert_eq!(all[8], "row_hash", "{table}");
        return all[9..].to_vec();
    }
    panic!("no migration creates {table}");
}

fn same_columns<T: TableRow>() {
    assert_eq!(declared(T::TABLE), T::COLUMN_NAMES, "{}", T::TABLE);
}

#[test]
fn rows_have_the_columns_of_their_tables_in_order() {
    same_columns::<DeploymentRow>();
    same_columns::<GroupRow>();
    same_columns::<OrderRow>();
    same_columns::<BidRow>();
    same_columns::<LeaseRow>();
    same_columns::<EscrowAccountRow>();
    same_columns::<EscrowPaymentRow>();
    same_columns::<EscrowFundingRow>();
    same_columns::<AccruedSpendRow>();
    same_columns::<LeasePayoutRow>();
    same_columns::<LeaseRepricedRow>();
    same_columns::<LostDueRow>();
    same_columns::<StrandedDepositRow>();
    same_columns::<SettlementAuditRow>();
}

fn batch_of(recording: &str) -> Batch {
    let origin = Origin {
        network: "test".into(),
        chain_id: recording.into(),
    };
    let mut batch = Batch::new(origin);
    replay(recording, |state, block, out| {
        state.write_rows(&block.header, out, &mut batch).unwrap()
    });
    batch
}

fn rows(batch: &Batch, table: &str) -> u64 {
    batch.tables.get(table).map_or(0, |table| table.rows)
}

#[test]
fn a_second_replay_gives_the_same_rows() {
    let (one, two) = (batch_of("akash-gridlocal-all"), batch_of("akash-gridlocal-all"));
    assert_eq!(one.digest(), two.digest());
    assert_eq!(
        one.tables.keys().collect::<Vec<_>>(),
        two.tables.keys().collect::<Vec<_>>()
    );
    assert!(
        one.tables
            .values()
            .zip(two.tables.values())
            .all(|(a, b)| a.bytes == b.bytes)
    );
}

#[test]
fn what_the_chain_lost_or_left_behind_has_rows() {
    // The figures of akash.md 2.10.4 and 2.10.6.
    let batch = batch_of("akash-gridlocal-1");
    assert_eq!(rows(&batch, "lost_dues"), 13);
    assert_eq!(rows(&batch, "settlement_audit"), 267);
    assert!(rows(&batch, "stranded_deposits") > 26);
    let batch = batch_of("akash-gridlocal-v12");
    assert_eq!(rows(&batch, "lost_dues"), 9);
    assert_eq!(rows(&batch, "settlement_audit"), 147);
    let batch = batch_of("akash-gridlocal-all");
    let tables: BTreeMap<_, _> = batch.tables.iter().map(|(name, table)| (*name, table.rows)).collect();
    assert_eq!(tables["lease_repriced"], 5, "{tables:?}");
}

#[test]
fn payouts_of_a_lease_add_up_to_what_the_chain_calls_withdrawn() {
    for recording in ["akash-gridlocal-1", "akash-gridlocal-v12", "akash-gridlocal-v038"] {
        let mut paid: BTreeMap<String, (i128, i128)> = BTreeMap::new();
        let mut take = TakeParams::default();
        let end = replay(recording, |state, _, out| {
            take = state.ledger.take_params().clone();
            for payout in &out.payouts {
                let sum = paid.entry(format!("{:?}", payout.lease)).or_default();
                sum.0 += payout.gross;
                sum.1 += payout.take_fee;
            }
        });
        for (id, payment) in &end.escrow.payments {
            let (gross, fee) = paid.remove(&format!("{:?}", id.lease().unwrap())).unwrap_or_default();
            assert_eq!(gross, payment.withdrawn.amount, "{recording} {id:?}");
            let rate = if recording == "akash-gridlocal-1" {
                0
            } else {
                i128::from(take.rate("uakt"))
            };
            assert!(fee <= gross * rate / 100, "{recording} {id:?}");
        }
        assert!(paid.is_empty(), "{recording}: payouts of unknown leases");
    }
}

#[test]
fn gpus_of_leases_are_resolved() {
    let state = replay("akash-gridlocal-1", |_, _, _| {});
    let mut by: BTreeMap<&str, u32> = BTreeMap::new();
    for (id, lease) in &state.market.leases {
        let hardware = &lease.hardware;
        *by.entry(hardware.gpu_resolved_by.as_str()).or_default() += 1;
        assert_eq!(hardware.gpu_units == 0, hardware.gpu_resolved_by == "none", "{id:?}");
        let known = ["offer", "group", "provider"].contains(&hardware.gpu_resolved_by.as_str());
        assert_eq!(known, !hardware.gpu_model.is_empty(), "{id:?}");
        assert!(hardware.cpu_milli > 0 && hardware.memory_bytes > 0, "{id:?}");
    }
    assert!(by["group"] > 0 && by["provider"] > 0, "{by:?}");
}
