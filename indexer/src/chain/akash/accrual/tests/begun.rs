//! Books that begin in the middle: with a snapshot, or with a checkpoint that was made before there were books.

use super::super::Accrual;
use crate::chain::akash::state::escrow::AccountId;
use crate::chain::akash::state::tests::replay::replay;
use crate::chain::akash::state::{ObjectKey, State};
use crate::chain::akash::testing::blocks;
use gridproof_store::batch::{Batch, Origin};

/// The checkpoint of a version that had no books.
fn without_books(state: &State) -> State {
    let checkpoint = String::from_utf8(state.to_checkpoint().unwrap()).unwrap();
    let (before, _) = checkpoint.split_once(",\"accrual\":").expect("the last field");
    State::from_checkpoint(format!("{before}}}").as_bytes()).unwrap()
}

#[test]
fn a_state_without_books_begins_them_with_what_it_holds() {
    let mut counted = 0;
    for (recording, cut) in [
        ("akash-gridlocal-1", 286),
        ("akash-gridlocal-v12", 194),
        ("akash-gridlocal-v038", 388),
        ("akash-gridlocal-all", 360),
    ] {
        let mut bare = None;
        replay(recording, |state, _, _| {
            if state.height == cut {
                bare = Some(without_books(state));
            }
        });
        let mut state = bare.unwrap();
        assert_eq!(state.accrual, None);
        let books = Accrual::begun_with(&state).unwrap();
        let funded = state.market.leases.iter().filter(|(id, lease)| {
            let funding = state.funding(&AccountId::of_deployment(&id.order.group.deployment));
            !lease.is_over() && funding.unwrap().console_predicted_close.unwrap() > cut
        });
        let running: u64 = books.spending.values().map(|spending| spending.running.leases).sum();
        assert_eq!((books.since, running), (cut, funded.count() as u64), "{recording}");
        assert!(
            books.spending.values().all(|spending| spending.spent.is_zero()),
            "{recording}"
        );

        let mut first_rows = 0;
        for block in blocks(recording).iter().filter(|block| block.header.height > cut) {
            let out = state.step(block).unwrap();
            if block.header.height == cut + 1 {
                first_rows = out
                    .changed()
                    .filter(|key| matches!(key, ObjectKey::AccruedSpend(_)))
                    .count();
            }
        }
        let books = state.accrual.unwrap();
        assert_eq!(books.since, cut, "{recording}");
        assert!(first_rows >= usize::from(running > 0), "{recording}");
        counted += u32::from(books.spending.values().any(|spending| !spending.spent.is_zero()));
    }
    // Of the chain through every upgrade no lease is funded after block 360.
    assert_eq!(counted, 3);
}

/// Sums from a cut on are the difference of the whole sums wherever the chain's balances and the books agree.
#[test]
fn books_that_begin_later_count_what_the_whole_ones_add() {
    let mut bare = None;
    let mut at_cut = None;
    let whole = replay("akash-gridlocal-1", |state, block, _| {
        if let Some(state) = bare.as_mut() {
            State::step(state, block).unwrap();
        }
        if state.height == 573 {
            (bare, at_cut) = (Some(without_books(state)), state.accrual.clone());
        }
    });
    let (begun, at_cut, whole) = (bare.unwrap().accrual.unwrap(), at_cut.unwrap(), whole.accrual.unwrap());
    let added = whole.spending["uact"].spent.sub(at_cut.spending["uact"].spent).unwrap();
    let counted = begun.spending["uact"].spent;
    let apart = added.sub(counted).unwrap().scaled().abs();
    assert!(apart <= added.scaled() / 20, "{added} {counted}");
}

/// A snapshot writes every object once, so that readers of its height find the funding and the sums, too.
#[test]
fn a_snapshot_has_rows_of_funding_and_of_spending() {
    let mut bare = None;
    replay("akash-gridlocal-1", |state, _, _| {
        if state.height == 286 {
            bare = Some(without_books(state));
        }
    });
    let mut state = bare.unwrap();
    state.accrual = Some(Accrual::begun_with(&state).unwrap());
    let mut batch = Batch::new(Origin {
        network: "test".into(),
        chain_id: "gridlocal-1".into(),
    });
    state.write_start(0, &mut batch).unwrap();
    let deployments = state.market.deployments.len() as u64;
    assert_eq!(batch.tables["escrow_funding"].rows, deployments);
    assert_eq!(batch.tables["accrued_spend"].rows, 1);
}
