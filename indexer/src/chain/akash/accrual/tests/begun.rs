//! Books that begin in the middle: with a snapshot, or with a checkpoint that was made before there were books.

use super::super::Accrual;
use crate::chain::akash::state::escrow::AccountId;
use crate::chain::akash::state::tests::replay::replay;
use crate::chain::akash::state::{ObjectKey, State};
use crate::chain::akash::testing::blocks;

/// The checkpoint of a version that had no books.
fn without_books(state: &State) -> State {
    let checkpoint = String::from_utf8(state.to_checkpoint().unwrap()).unwrap();
    let (before, _) = checkpoint.split_once(",\"accrual\":").expect("the last field");
    State::from_checkpoint(format!("{before}}}").as_bytes()).unwrap()
}

#[test]
fn a_state_without_books_begins_them_with_what_it_holds() {
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
        assert!(
            first_rows >= usize::from(running > 0) && books.spending.values().any(|spending| !spending.spent.is_zero()),
            "{recording}"
        );
    }
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
