//! Courses of trade that cross several rules; the figures follow from akash.md 2.10.4 to 2.10.9.

use super::bench::{Bench, TENANT, bid_id, coin, dec, deployment, group};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{BidId, DecCoin, Deposit, DepositSource, MessageBody, Version};
use crate::chain::akash::state::escrow::{AccountState, FundingSource, PaymentId};
use crate::chain::akash::state::flow::ESCROW;
use crate::chain::akash::state::market::{BidState, DeploymentState, GroupState, LeaseState, OrderState, reason};

const A: &str = "akash1aaa";
const B: &str = "akash1ccc";
const FRIEND: &str = "akash1friend";

fn from_balance(amount: i128, denom: &str) -> Deposit {
    Deposit {
        amount: coin(amount, denom),
        sources: vec![DepositSource::Balance],
        depositor: None,
    }
}

/// The bid on a later order of group 1 of deployment 1.
fn later(oseq: u32, provider: &str) -> BidId {
    let mut id = bid_id(1, 1, provider);
    id.order.oseq = oseq;
    id
}

fn bid_later(bench: &mut Bench, height: u64, id: &BidId, price: &str, denom: &str) {
    let body = MessageBody::CreateBid {
        id: id.clone(),
        price: DecCoin {
            denom: denom.to_owned(),
            amount: dec(price),
        },
        deposit: from_balance(500, denom),
        resources_offer: Vec::new(),
        reclamation_window_s: None,
    };
    let paid = [(id.provider.as_str(), ESCROW, coin(500, denom))];
    bench.send(height, body, &paid).unwrap();
}

#[test]
fn a_second_lease_of_a_group_has_a_payment_of_its_own() {
    let mut bench = Bench::new(Version::V2_1, "uact");
    bench.deploy(10, 1, 1, 1_000);
    bench.bid(10, 1, 1, B, "11");
    bench.lease(10, 1, 1, A, "10");
    assert_eq!(bench.bid_of(1, 1, B).state, BidState::Lost);
    bench.close_lease(15, 1, 1, A);
    let second = later(2, A);
    bid_later(&mut bench, 16, &second, "7", "uact");
    bid_later(&mut bench, 17, &later(2, B), "8", "uact");
    bench.ok(20, MessageBody::CreateLease { id: second.clone() });
    assert_eq!(bench.sent(), [(B, 500, "uact")]);
    bench.ok(24, MessageBody::WithdrawLease { id: second.clone() });
    assert_eq!(bench.sent(), [(A, 28, "uact")]);
    let payment = &bench.escrow.payments[&PaymentId::of_lease(&second)];
    assert_eq!((payment.rate.amount, payment.withdrawn.amount), (dec("7"), 28));
    let first = bench.payment(1, 1, A);
    assert_eq!((first.state, first.withdrawn.amount), (AccountState::Closed, 50));
    let account = bench.account(1);
    assert_eq!(
        (
            account.settled_at,
            account.funds[0].amount,
            account.transferred[0].amount
        ),
        (24, dec("922"), dec("78"))
    );
    // The provider closes: the group pauses and can start again with order 3.
    bench.ok(
        26,
        MessageBody::CloseBid {
            id: second.clone(),
            reason: 4_242,
        },
    );
    let lease = &bench.market.leases[&second];
    assert_eq!((lease.state, lease.reason_in_state), (LeaseState::Closed, Some(4_242)));
    assert_eq!(bench.market.groups[&group(1, 1)].state, GroupState::Paused);
    bench.ok(27, MessageBody::StartGroup { id: group(1, 1) });
    assert_eq!(bench.market.orders[&later(3, A).order].state, OrderState::Open);
}

#[test]
fn an_overdraft_found_by_a_pause_ends_the_deployment() {
    let mut bench = Bench::new(Version::V1_2, "uakt");
    bench.deploy(10, 1, 2, 100);
    bench.lease(10, 1, 1, A, "10");
    bench.lease(10, 1, 2, B, "5");
    // Due at 20: 100 to A, which is served first, and 50 to B, for which nothing is left.
    bench.ok(20, MessageBody::PauseGroup { id: group(1, 1) });
    assert_eq!(bench.sent(), [(A, 500, "uakt"), (A, 100, "uakt"), (B, 500, "uakt")]);
    assert_eq!(bench.market.deployments[&deployment(1)].state, DeploymentState::Closed);
    for gseq in [1, 2] {
        assert_eq!(
            bench.market.groups[&group(1, gseq)].state,
            GroupState::InsufficientFunds
        );
    }
    // The pause closed its own lease before money was found short.
    let (one, two) = (bench.lease_of(1, 1, A), bench.lease_of(1, 2, B));
    assert_eq!(
        (one.state, one.reason_in_state),
        (LeaseState::Closed, Some(reason::OWNER))
    );
    assert_eq!(
        (two.state, two.reason_in_state),
        (LeaseState::InsufficientFunds, Some(reason::INSUFFICIENT_FUNDS))
    );
    assert_eq!(
        (bench.account(1).state, bench.funds(1)),
        (AccountState::Overdrawn, dec("-50"))
    );
    let owed = |provider, gseq| bench.payment(1, gseq, provider).unsettled.amount;
    assert_eq!((owed(A, 1), owed(B, 2)), (Dec::ZERO, dec("50")));
    assert_eq!(bench.payment(1, 1, A).state, AccountState::Overdrawn);
}

#[test]
fn deposits_pay_the_debts_of_several_payments_bit_by_bit() {
    let mut bench = Bench::new(Version::V1_2, "uakt");
    bench.deploy(10, 1, 2, 100);
    bench.lease(10, 1, 1, A, "15");
    bench.lease(10, 1, 2, B, "5");
    bench.withdraw(20, 1, 2, B);
    // A gets 100 of 150, B nothing of 50.
    assert_eq!(bench.sent()[0], (A, 100, "uakt"));
    assert_eq!(bench.funds(1), dec("-100"));
    bench.deposit(30, 1, &[(TENANT, coin(60, "uakt"))]).unwrap();
    assert_eq!(bench.sent(), [(A, 50, "uakt"), (B, 10, "uakt")]);
    assert_eq!(
        (bench.account(1).state, bench.funds(1)),
        (AccountState::Overdrawn, dec("-40"))
    );
    assert_eq!(bench.payment(1, 2, B).unsettled.amount, dec("40"));
    assert_eq!(bench.payment(1, 1, A).state, AccountState::Overdrawn);
    bench.deposit(35, 1, &[(TENANT, coin(47, "uakt"))]).unwrap();
    assert_eq!(bench.sent(), [(B, 40, "uakt"), (TENANT, 7, "uakt")]);
    let account = bench.account(1);
    assert_eq!((account.state, account.settled_at), (AccountState::Closed, 20));
    assert_eq!(
        (account.funds[0].amount, account.transferred[0].amount),
        (Dec::ZERO, dec("200"))
    );
    assert!(account.deposits.is_empty());
    for (gseq, provider, withdrawn) in [(1, A, 150), (2, B, 50)] {
        let payment = bench.payment(1, gseq, provider);
        assert_eq!(
            (payment.state, payment.withdrawn.amount),
            (AccountState::Closed, withdrawn)
        );
    }
}

#[test]
fn a_stranger_may_deposit_and_gets_the_rest_back() {
    let mut bench = Bench::new(Version::V1_1, "uakt");
    bench.deploy(10, 1, 1, 100);
    let body = MessageBody::AccountDeposit {
        signer: FRIEND.to_owned(),
        scope: 1,
        xid: format!("{TENANT}/1"),
        deposit: from_balance(40, "uakt"),
    };
    bench.send(12, body, &[(FRIEND, ESCROW, coin(40, "uakt"))]).unwrap();
    let given = &bench.account(1).deposits[1];
    assert_eq!(
        (given.owner.as_str(), given.source, given.height),
        (FRIEND, FundingSource::Balance, 12)
    );
    assert_eq!(bench.account(1).settled_at, 10, "a deposit settles nothing");
    bench.lease(14, 1, 1, A, "11");
    bench.close(24, 1);
    // 110 of 140: all that the tenant gave, then ten of the stranger's.
    assert_eq!(bench.sent()[..2], [(A, 110, "uakt"), (FRIEND, 30, "uakt")]);
    assert_eq!(bench.funds(1), Dec::ZERO);
}

#[test]
fn in_v1_0_a_due_of_less_than_a_unit_is_lost_at_a_withdrawal() {
    let mut bench = Bench::new(Version::V1_0, "uakt");
    bench.deploy(10, 1, 1, 1_000);
    bench.lease(10, 1, 1, A, "0.3");
    bench.withdraw(12, 1, 1, A);
    assert!(bench.sent().is_empty());
    assert_eq!(bench.payment(1, 1, A).balance.amount, Dec::ZERO);
    assert_eq!(bench.funds(1), dec("999.4"));
    assert_eq!(bench.account(1).transferred[0].amount, dec("0.6"));
}

#[test]
fn fractions_of_v0_38_live_on_through_every_upgrade() {
    let mut bench = Bench::new(Version::V0_38, "uakt");
    bench.deploy(10, 1, 1, 1_000);
    bench.lease(10, 1, 1, A, "1.25");
    bench.withdraw(13, 1, 1, A);
    bench.upgrade(20, Version::V1_0);
    assert_eq!(bench.payment(1, 1, A).balance.amount, dec("0.75"));
    assert_eq!(
        (bench.funds(1), bench.account(1).deposits[0].height),
        (dec("996.25"), 0)
    );
    bench.upgrade(22, Version::V1_1);
    bench.upgrade(24, Version::V1_2);
    // 12 blocks since 13 make 15 whole units.
    bench.withdraw(25, 1, 1, A);
    let payment = bench.payment(1, 1, A);
    assert_eq!((payment.withdrawn.amount, payment.balance.amount), (18, dec("0.75")));
    bench.upgrade(26, Version::V2_0);
    bench.reprice(27, "0.333333333333333333");
    let payment = bench.payment(1, 1, A);
    // Products rounded half to even at 18 places: ...666|25, ...999|75; 5.99… cut.
    assert_eq!(payment.rate.amount, dec("0.416666666666666666"));
    assert_eq!(payment.balance.amount, dec("0.25"));
    assert_eq!(payment.withdrawn.amount, 5);
    assert_eq!(bench.funds(1), dec("327.083333333333333006"));
    assert_eq!(bench.account(1).deposits[0].balance.amount, bench.funds(1));
    assert_eq!(bench.account(1).settled_at, 25);
}

#[test]
fn an_account_that_is_overdrawn_while_it_waits_is_repriced_under_its_closed_deployment() {
    let mut bench = Bench::new(Version::V1_2, "uakt");
    bench.deploy(10, 1, 1, 30);
    bench.lease(10, 1, 1, A, "10");
    bench.upgrade(11, Version::V2_0);
    bench.withdraw(20, 1, 1, A);
    assert_eq!(bench.market.deployments[&deployment(1)].state, DeploymentState::Closed);
    bench.reprice(21, "0.5");
    assert!(bench.market.waiting.is_empty());
    let account = bench.account(1);
    assert_eq!(
        (account.funds[0].denom.as_str(), account.funds[0].amount),
        ("uact", dec("-35"))
    );
    let payment = bench.payment(1, 1, A);
    assert_eq!(
        (payment.rate.amount, payment.unsettled.amount, payment.withdrawn.amount),
        (dec("5"), dec("35"), 15)
    );
    assert_eq!(
        bench.lease_of(1, 1, A).price.denom,
        "uakt",
        "market objects of a closed group stay"
    );
    bench.deposit(30, 1, &[(TENANT, coin(35, "uact"))]).unwrap();
    assert_eq!(bench.sent(), [(A, 35, "uact")]);
    assert_eq!(bench.account(1).state, AccountState::Closed);
}

#[test]
fn what_is_opened_in_uakt_while_a_deployment_waits_is_repriced_with_it() {
    let mut bench = Bench::new(Version::V1_2, "uakt");
    bench.deploy(10, 1, 1, 1_000);
    bench.lease(10, 1, 1, A, "10");
    bench.upgrade(11, Version::V2_0);
    bench.close_lease(13, 1, 1, A);
    let second = later(2, B);
    bid_later(&mut bench, 14, &second, "8", "uakt");
    bench.deposit(15, 1, &[(TENANT, coin(100, "uakt"))]).unwrap();
    bench.reprice(16, "0.25");
    assert_eq!(bench.market.bids[&second].price.denom, "uact");
    assert_eq!(bench.market.bids[&second].price.amount, dec("2"));
    let order = &bench.market.orders[&second.order];
    assert_eq!(order.spec.resources[0].price.amount, dec("250"));
    assert_eq!(bench.bid_of(1, 1, A).price.denom, "uakt", "a closed bid stays");
    assert_eq!(bench.payment(1, 1, A).rate.denom, "uakt", "and a closed payment");
    // 1000 − 30 + 100, as one line of funds and two deposits.
    let account = bench.account(1);
    assert_eq!((account.funds.len(), account.funds[0].amount), (1, dec("267.5")));
    let deposits: Vec<Dec> = account.deposits.iter().map(|deposit| deposit.balance.amount).collect();
    assert_eq!(deposits, [dec("242.5"), dec("25")]);
    bench.ok(18, MessageBody::CreateLease { id: second.clone() });
    bench.ok(21, MessageBody::WithdrawLease { id: second });
    assert_eq!(bench.sent(), [(B, 6, "uact")]);
}

#[test]
fn an_upgrade_comes_before_the_messages_of_its_block() {
    let mut bench = Bench::new(Version::V1_0, "uakt");
    bench.deploy(10, 1, 2, 1_000);
    bench.lease(10, 1, 1, A, "0.4");
    bench.upgrade(15, Version::V1_1);
    // v1.1.x cuts dues to whole units: 0.4 × 6 gives 2; v1.0 would keep 2.4.
    bench.withdraw(16, 1, 1, A);
    assert_eq!(bench.sent(), [(A, 2, "uakt")]);
    assert_eq!(
        (bench.payment(1, 1, A).balance.amount, bench.funds(1)),
        (Dec::ZERO, dec("998"))
    );
}

#[test]
fn a_lease_that_v1_1_closed_never_gets_a_reason_but_one_closed_later_does() {
    let mut bench = Bench::new(Version::V0_38, "uakt");
    bench.deploy(10, 1, 3, 1_000);
    bench.lease(10, 1, 1, A, "1");
    bench.lease(10, 1, 2, A, "1");
    bench.lease(10, 1, 3, A, "1");
    bench.close_lease(12, 1, 1, A);
    bench.upgrade(20, Version::V1_0);
    bench.upgrade(30, Version::V1_1);
    bench.ok(
        32,
        MessageBody::CloseBid {
            id: bid_id(1, 2, A),
            reason: 10_000,
        },
    );
    bench.upgrade(40, Version::V1_2);
    bench.ok(
        42,
        MessageBody::CloseBid {
            id: bid_id(1, 3, A),
            reason: 10_000,
        },
    );
    let stored = |gseq| bench.lease_of(1, gseq, A).reason_in_state;
    assert_eq!(
        (stored(1), stored(2), stored(3)),
        (Some(reason::UNSPECIFIED), Some(reason::INVALID), Some(10_000))
    );
    assert_eq!(bench.lease_of(1, 2, A).reason, "lease_closed_reason_unstable");
}

#[test]
fn an_overdraft_of_v1_0_takes_no_deposit_until_v1_1_which_gives_it_back() {
    let mut bench = Bench::new(Version::V1_0, "uakt");
    bench.deploy(10, 1, 2, 100);
    bench.lease(10, 1, 1, A, "7.5");
    bench.lease(10, 1, 2, B, "5");
    // Due at 20: 75 to A, 50 to B, of which 25 are there.
    bench.withdraw(20, 1, 2, B);
    assert_eq!(bench.sent()[..2], [(A, 75, "uakt"), (B, 25, "uakt")]);
    assert_eq!(
        (bench.account(1).state, bench.funds(1)),
        (AccountState::Overdrawn, dec("-25"))
    );
    assert_eq!(bench.payment(1, 2, B).unsettled.amount, Dec::ZERO, "v1.0 notes no debt");
    assert_eq!(bench.market.groups[&group(1, 2)].state, GroupState::InsufficientFunds);
    assert_eq!(bench.lease_of(1, 2, B).state, LeaseState::Closed);
    assert!(bench.deposit(21, 1, &[(TENANT, coin(30, "uakt"))]).is_err());
    let before = (bench.account(1).clone(), bench.payment(1, 2, B).clone());
    bench.upgrade(25, Version::V1_1);
    assert_eq!((bench.account(1), bench.payment(1, 2, B)), (&before.0, &before.1));
    bench.deposit(26, 1, &[(TENANT, coin(30, "uakt"))]).unwrap();
    assert_eq!(
        bench.sent(),
        [(TENANT, 30, "uakt")],
        "nothing is owed, so all comes back"
    );
    assert_eq!(
        (bench.account(1).state, bench.funds(1)),
        (AccountState::Closed, Dec::ZERO)
    );
    assert_eq!(bench.payment(1, 1, A).state, AccountState::Closed);
}

#[test]
fn an_open_bid_that_its_provider_takes_back_leaves_the_order_to_the_others() {
    for version in [
        Version::V0_38,
        Version::V1_0,
        Version::V1_1,
        Version::V1_2,
        Version::V2_1,
    ] {
        let mut bench = Bench::new(version, "uakt");
        bench.deploy(10, 1, 1, 1_000);
        bench.bid(11, 1, 1, A, "5");
        bench.bid(11, 1, 1, B, "6");
        bench.ok(
            13,
            MessageBody::CloseBid {
                id: bid_id(1, 1, A),
                reason: 10_002,
            },
        );
        assert_eq!(bench.sent(), [(A, 500, "uakt")], "{version:?}");
        assert_eq!(bench.bid_of(1, 1, A).state, BidState::Closed);
        let account = bench.bid_account(1, 1, A);
        assert_eq!((account.state, account.settled_at), (AccountState::Closed, 13));
        assert_eq!(
            bench.account(1).settled_at,
            10,
            "the deployment's account is not touched"
        );
        bench.ok(15, MessageBody::CreateLease { id: bid_id(1, 1, B) });
        assert!(bench.sent().is_empty(), "{version:?}: nobody loses");
        assert_eq!(bench.account(1).settled_at, 15);
        assert_eq!(bench.market.groups[&group(1, 1)].state, GroupState::Open);
    }
}

#[test]
fn closing_a_group_leaves_the_other_lease_and_what_it_was_credited() {
    let mut bench = Bench::new(Version::V1_2, "uakt");
    bench.deploy(10, 1, 2, 1_000);
    bench.lease(10, 1, 1, A, "3");
    bench.lease(10, 1, 2, B, "2");
    bench.ok(15, MessageBody::CloseGroup { id: group(1, 1) });
    assert_eq!(bench.sent(), [(A, 500, "uakt"), (A, 15, "uakt")]);
    let other = bench.payment(1, 2, B);
    assert_eq!((other.state, other.balance.amount), (AccountState::Open, dec("10")));
    assert_eq!(
        bench.market.orders[&bid_id(1, 1, A).order].state,
        OrderState::Closed,
        "and no new order"
    );
    assert_eq!(bench.market.orders.len(), 2);
    // In the block of that settlement nothing more is due: the other payment stays open for ever.
    bench.close(15, 1);
    assert_eq!(bench.sent(), [(TENANT, 975, "uakt"), (B, 500, "uakt")]);
    assert_eq!(bench.account(1).state, AccountState::Closed);
    assert_eq!(bench.payment(1, 2, B).balance.amount, dec("10"));
    assert_eq!(bench.payment(1, 2, B).state, AccountState::Open);
    assert_eq!(bench.lease_of(1, 2, B).state, LeaseState::Closed);
}
