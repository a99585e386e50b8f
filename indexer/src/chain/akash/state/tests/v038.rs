//! v0.38: decimals, shares by rate (akash.md 2.10.3).

use super::bench::{Bench, TENANT, bid_id, coin, dec, deployment};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{MessageBody, Version};
use crate::chain::akash::state::escrow::{AccountState, LegacyFunds};
use crate::chain::akash::state::flow::ESCROW;
use crate::chain::akash::state::market::{DeploymentState, LeaseState};

const A: &str = "akash1aaa";
const B: &str = "akash1ccc";
const FRIEND: &str = "akash1friend";

fn bench() -> Bench {
    Bench::new(Version::V0_38, "uakt")
}

fn money(bench: &Bench, dseq: u64) -> &LegacyFunds {
    bench.account(dseq).legacy.as_ref().unwrap()
}

/// A deposit by somebody else: goes to `funds`, which are used first.
fn friend_deposits(bench: &mut Bench, height: u64, amount: i128) {
    let body = MessageBody::DepositDeployment {
        id: deployment(1),
        amount: coin(amount, "uakt"),
        depositor: FRIEND.to_owned(),
    };
    bench
        .send(height, body, &[(FRIEND, ESCROW, coin(amount, "uakt"))])
        .unwrap();
}

#[test]
fn dues_keep_their_decimals_and_a_withdrawal_pays_one_payment_only() {
    let mut bench = bench();
    bench.deploy(10, 1, 2, 1_000);
    bench.lease(12, 1, 1, A, "1.25");
    bench.lease(12, 1, 2, B, "2.5");
    bench.withdraw(15, 1, 1, A);
    assert_eq!(bench.sent(), [(A, 3, "uakt")]);
    assert_eq!(bench.payment(1, 1, A).balance.amount, dec("0.75"));
    assert_eq!(bench.payment(1, 2, B).balance.amount, dec("7.5"));
    assert_eq!(money(&bench, 1).transferred, dec("11.25"));
    assert_eq!(money(&bench, 1).balance, dec("988.75"));
}

#[test]
fn when_money_runs_out_the_rest_is_shared_by_rate() {
    let mut bench = bench();
    bench.deploy(10, 1, 2, 100);
    bench.lease(10, 1, 1, A, "10");
    bench.lease(10, 1, 2, B, "20");
    // 100 lasts for 3 blocks of 30; of the last 10 a third goes to A.
    bench.withdraw(20, 1, 1, A);
    assert_eq!(bench.sent()[..2], [(A, 33, "uakt"), (B, 66, "uakt")]);
    assert_eq!(bench.payment(1, 1, A).balance.amount, dec("0.333333333333333333"));
    assert_eq!(bench.payment(1, 2, B).balance.amount, dec("0.666666666666666667"));
    assert_eq!(money(&bench, 1).balance, Dec::ZERO);
    assert_eq!(bench.account(1).state, AccountState::Overdrawn);
    assert_eq!(bench.payment(1, 2, B).state, AccountState::Overdrawn);
    assert_eq!(bench.market.deployments[&deployment(1)].state, DeploymentState::Closed);
    assert_eq!(
        bench.lease_of(1, 2, B).state,
        LeaseState::Closed,
        "the group hook comes first"
    );
    assert_eq!(bench.lease_of(1, 2, B).reason_in_state, None);
}

#[test]
fn a_payment_with_less_than_a_unit_stays_open_and_goes_on_costing() {
    let mut bench = bench();
    bench.deploy(10, 1, 2, 1_000);
    bench.lease(10, 1, 1, A, "0.25");
    bench.lease(10, 1, 2, B, "2");
    bench.close_lease(12, 1, 1, A);
    assert_eq!(bench.lease_of(1, 1, A).state, LeaseState::Closed);
    assert_eq!(bench.payment(1, 1, A).state, AccountState::Open);
    assert_eq!(bench.payment(1, 1, A).balance.amount, dec("0.5"));
    bench.withdraw(14, 1, 2, B);
    assert_eq!(bench.payment(1, 1, A).balance.amount, Dec::from_units(1).unwrap());
}

#[test]
fn an_account_closed_with_less_than_a_unit_stays_open_over_a_closed_deployment() {
    let mut bench = bench();
    bench.deploy(10, 1, 1, 10);
    bench.lease(10, 1, 1, A, "2.4");
    bench.close(14, 1);
    assert_eq!(bench.sent(), [(A, 9, "uakt"), (A, 500, "uakt")]);
    assert_eq!(bench.account(1).state, AccountState::Open);
    assert_eq!(money(&bench, 1).balance, dec("0.4"));
    assert_eq!(bench.payment(1, 1, A).state, AccountState::Closed);
    assert_eq!(bench.market.deployments[&deployment(1)].state, DeploymentState::Closed);
}

#[test]
fn closing_in_the_block_of_the_last_settlement_leaves_payments_open_and_unpaid() {
    let mut bench = bench();
    bench.deploy(10, 1, 2, 1_000);
    bench.lease(10, 1, 1, A, "3");
    bench.bid(12, 1, 2, B, "1");
    bench.ok(15, MessageBody::CreateLease { id: bid_id(1, 2, B) });
    bench.close(15, 1);
    assert_eq!(bench.account(1).state, AccountState::Closed);
    assert_eq!(bench.payment(1, 1, A).state, AccountState::Open);
    assert_eq!(bench.payment(1, 1, A).balance.amount, dec("15"));
    assert_eq!(bench.lost(), [(dec("15"), "account_closed_twice_settled")]);
    assert_eq!(bench.lease_of(1, 1, A).state, LeaseState::Closed);
}

#[test]
fn another_depositors_money_goes_first_and_comes_back_to_him() {
    let mut bench = bench();
    bench.deploy(10, 1, 1, 100);
    friend_deposits(&mut bench, 10, 50);
    bench.lease(10, 1, 1, A, "2.5");
    bench.withdraw(14, 1, 1, A);
    assert_eq!(
        (money(&bench, 1).funds, money(&bench, 1).balance),
        (dec("40"), dec("100"))
    );
    bench.close(17, 1);
    assert_eq!(bench.sent()[..2], [(TENANT, 100, "uakt"), (FRIEND, 32, "uakt")]);
    assert_eq!(money(&bench, 1).funds, dec("0.5"));
}

#[test]
fn only_one_other_address_may_deposit() {
    let mut bench = bench();
    bench.deploy(10, 1, 1, 100);
    friend_deposits(&mut bench, 10, 50);
    let other = MessageBody::DepositDeployment {
        id: deployment(1),
        amount: coin(5, "uakt"),
        depositor: B.to_owned(),
    };
    assert!(bench.send(11, other, &[(B, ESCROW, coin(5, "uakt"))]).is_err());
}

#[test]
fn a_lost_grant_sends_the_funds_back_at_the_next_settlement() {
    let mut bench = bench();
    bench.deploy(10, 1, 1, 100);
    friend_deposits(&mut bench, 10, 50);
    bench.lease(10, 1, 1, A, "2.6");
    let withdraw = MessageBody::WithdrawLease { id: bid_id(1, 1, A) };
    let seen = [(ESCROW, FRIEND, coin(39, "uakt")), (ESCROW, A, coin(10, "uakt"))];
    bench.send(14, withdraw, &seen).unwrap();
    assert_eq!(bench.sent(), [(FRIEND, 39, "uakt"), (A, 10, "uakt")]);
    assert_eq!(money(&bench, 1).funds, Dec::ZERO, "the fraction is forgotten");
    assert_eq!(money(&bench, 1).balance, dec("100"));
}

#[test]
fn a_deployment_that_a_grant_alone_paid_for_closes_with_its_lease() {
    let mut bench = bench();
    bench.deploy_paid_by(FRIEND, 10, 1, 1, 100);
    bench.lease(10, 1, 1, A, "2.5");
    // Due at 13: 7.5, from the funds. The first transfer of the closing is the refund to the friend.
    let seen = [
        (ESCROW, FRIEND, coin(92, "uakt")),
        (ESCROW, A, coin(7, "uakt")),
        (ESCROW, A, coin(500, "uakt")),
    ];
    bench
        .send(13, MessageBody::CloseDeployment { id: deployment(1) }, &seen)
        .unwrap();
    assert_eq!(bench.sent(), [(FRIEND, 92, "uakt"), (A, 7, "uakt"), (A, 500, "uakt")]);
    assert_eq!(bench.account(1).state, AccountState::Closed);
    assert_eq!(
        (money(&bench, 1).funds, money(&bench, 1).balance),
        (dec("0.5"), Dec::ZERO)
    );
    assert_eq!(bench.payment(1, 1, A).state, AccountState::Closed);
    assert_eq!(bench.lease_of(1, 1, A).state, LeaseState::Closed);
}

#[test]
fn at_a_closing_the_order_of_the_refunds_tells_whether_the_grant_was_lost() {
    for (lost, funds) in [(true, "0"), (false, "0.6")] {
        let mut bench = bench();
        bench.deploy(10, 1, 1, 100);
        friend_deposits(&mut bench, 10, 50);
        bench.lease(10, 1, 1, A, "2.6");
        let mut seen = vec![
            (ESCROW, FRIEND, coin(39, "uakt")),
            (ESCROW, TENANT, coin(100, "uakt")),
            (ESCROW, A, coin(10, "uakt")),
        ];
        if !lost {
            seen.swap(0, 1);
        }
        bench
            .send(14, MessageBody::CloseDeployment { id: deployment(1) }, &seen)
            .unwrap();
        let sent: Vec<_> = seen.iter().map(|(_, to, coin)| (*to, coin.amount, "uakt")).collect();
        assert_eq!(bench.sent()[..3], sent[..]);
        assert_eq!(bench.account(1).state, AccountState::Closed);
        assert_eq!(money(&bench, 1).funds, dec(funds));
    }
}

#[test]
fn funds_of_a_grant_are_shared_when_they_run_out() {
    let mut bench = bench();
    bench.deploy_paid_by(FRIEND, 10, 1, 2, 100);
    bench.lease(10, 1, 1, A, "30");
    bench.lease(10, 1, 2, B, "10");
    // 100 lasts for 2 blocks of 40; of the last 20 A gets 15 and B 5.
    bench.withdraw(20, 1, 2, B);
    assert_eq!(bench.sent()[..2], [(A, 75, "uakt"), (B, 25, "uakt")]);
    assert_eq!(bench.account(1).state, AccountState::Overdrawn);
    assert_eq!(
        (money(&bench, 1).funds, money(&bench, 1).transferred),
        (Dec::ZERO, dec("100"))
    );
}

#[test]
fn two_withdrawals_of_one_block_both_pay() {
    let mut bench = bench();
    bench.deploy(10, 1, 2, 1_000);
    bench.lease(10, 1, 1, A, "3");
    bench.lease(10, 1, 2, B, "2");
    bench.withdraw(15, 1, 1, A);
    assert_eq!(bench.sent(), [(A, 15, "uakt")]);
    bench.withdraw(15, 1, 2, B);
    assert_eq!(bench.sent(), [(B, 10, "uakt")], "settled and stored by the first");
}
