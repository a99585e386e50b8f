//! v1.0.x: the broken overdraft (akash.md 2.10.8).

use super::bench::{Bench, TENANT, bid_id, coin, dec, deployment};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{MessageBody, Version};
use crate::chain::akash::state::escrow::AccountState;
use crate::chain::akash::state::market::{BidState, DeploymentState, LeaseState};

const A: &str = "akash1aaa";
const B: &str = "akash1ccc";

fn bench() -> Bench {
    Bench::new(Version::V1_0, "uakt")
}

#[test]
fn dues_of_the_others_are_lost_at_a_withdrawal_and_at_a_lease() {
    let mut bench = bench();
    bench.deploy(10, 1, 2, 1_000);
    bench.lease(10, 1, 1, A, "1.5");
    bench.lease(13, 1, 2, B, "2");
    assert_eq!(bench.lost(), [(dec("4.5"), "lease_created")]);
    assert_eq!(bench.payment(1, 1, A).balance.amount, Dec::ZERO);
    bench.withdraw(14, 1, 2, B);
    assert_eq!(bench.lost(), [(dec("1.5"), "not_stored")]);
    assert_eq!((bench.funds(1), bench.account(1).settled_at), (dec("992"), 14));
}

#[test]
fn an_overdraft_found_by_a_withdrawal_is_stored() {
    let mut bench = bench();
    bench.deploy(10, 1, 1, 10);
    bench.lease(10, 1, 1, A, "3");
    bench.withdraw(14, 1, 1, A);
    assert_eq!(bench.sent()[0], (A, 10, "uakt"));
    assert_eq!(bench.account(1).state, AccountState::Overdrawn);
    assert_eq!(bench.funds(1), dec("-2"));
    assert_eq!(
        bench.payment(1, 1, A).unsettled.amount,
        Dec::ZERO,
        "the debt is not the payment's"
    );
    assert_eq!(bench.lease_of(1, 1, A).state, LeaseState::Closed);
    assert!(
        bench.deposit(15, 1, &[(TENANT, coin(5, "uakt"))]).is_err(),
        "overdrawn takes no deposit"
    );
}

#[test]
fn an_overdraft_found_by_closing_a_lease_pays_and_stores_nothing() {
    let mut bench = bench();
    bench.deploy(10, 1, 1, 10);
    bench.lease(10, 1, 1, A, "3");
    bench.close_lease(14, 1, 1, A);
    assert_eq!(bench.sent(), [(A, 500, "uakt"), (A, 10, "uakt")]);
    assert_eq!(bench.lease_of(1, 1, A).state, LeaseState::Closed);
    let account = bench.account(1);
    assert_eq!((account.state, account.settled_at), (AccountState::Open, 10));
    assert_eq!(bench.funds(1), dec("10"));
    assert_eq!(bench.payment(1, 1, A).state, AccountState::Open);
    assert_eq!(bench.payment(1, 1, A).withdrawn.amount, 0);
}

#[test]
fn an_overdraft_found_by_closing_the_deployment_pays_again_and_again() {
    let mut bench = bench();
    bench.deploy(10, 1, 1, 10);
    bench.lease(10, 1, 1, A, "3");
    for height in [14, 20] {
        bench.close(height, 1);
        assert_eq!(bench.sent(), [(A, 10, "uakt")]);
        assert_eq!(bench.market.deployments[&deployment(1)].state, DeploymentState::Active);
    }
}

#[test]
fn the_same_block_twice_panics_on_the_chain() {
    let mut bench = bench();
    bench.deploy(10, 1, 1, 1_000);
    bench.lease(10, 1, 1, A, "3");
    assert!(
        bench
            .send(10, MessageBody::WithdrawLease { id: bid_id(1, 1, A) }, &[])
            .is_err()
    );
}

#[test]
fn every_losing_bid_gets_its_deposit_back() {
    let mut bench = bench();
    bench.deploy(10, 1, 1, 1_000);
    for provider in ["akash1xxx", "akash1yyy"] {
        bench.bid(10, 1, 1, provider, "2");
    }
    bench.lease(11, 1, 1, A, "3");
    assert_eq!(bench.sent().len(), 2);
    assert_eq!(bench.bid_of(1, 1, "akash1yyy").state, BidState::Lost);
    assert_eq!(bench.bid_account(1, 1, "akash1yyy").state, AccountState::Closed);
    assert!(bench.out.stranded.is_empty());
}

#[test]
fn the_take_is_split_off_and_counts_as_withdrawn() {
    let mut bench = bench().with_take(20);
    bench.deploy(10, 1, 1, 1_000);
    bench.lease(10, 1, 1, A, "33");
    bench.withdraw(13, 1, 1, A);
    let pool = crate::chain::akash::state::flow::DISTRIBUTION;
    assert_eq!(bench.sent(), [(pool, 19, "uakt"), (A, 80, "uakt")]);
    assert_eq!(bench.payment(1, 1, A).withdrawn.amount, 99);
    assert_eq!((bench.out.payouts[0].gross, bench.out.payouts[0].take_fee), (99, 19));
}
