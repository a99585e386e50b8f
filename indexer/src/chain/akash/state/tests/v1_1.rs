//! v1.1.0 and later: one payment after another, debts, and what the hooks do (akash.md 2.10.4 to 2.10.6).

use super::bench::{Bench, FIRST_BY_BYTES, FIRST_BY_TEXT, TENANT, bid_id, coin, dec, deployment, group};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{MessageBody, Version};
use crate::chain::akash::state::escrow::{AccountState, FundingSource};
use crate::chain::akash::state::market::{BidState, DeploymentState, GroupState, LeaseState, OrderState, reason};

const A: &str = "akash1aaa";
const B: &str = "akash1ccc";
const FRIEND: &str = "akash1friend";

fn bench(version: Version) -> Bench {
    Bench::new(version, "uakt")
}

#[test]
fn dues_are_whole_units_per_settlement() {
    let mut bench = bench(Version::V1_2);
    bench.deploy(10, 1, 1, 1_000);
    bench.lease(10, 1, 1, A, "1.5");
    bench.withdraw(13, 1, 1, A);
    assert_eq!(bench.sent(), [(A, 4, "uakt")]);
    assert_eq!(bench.funds(1), dec("996"));
    bench.withdraw(14, 1, 1, A);
    assert_eq!(bench.sent(), [(A, 1, "uakt")]);
}

#[test]
fn payments_are_served_one_after_another_and_the_last_is_owed_all() {
    let mut bench = bench(Version::V1_2);
    bench.deploy(10, 1, 2, 100);
    bench.lease(10, 1, 1, A, "15");
    bench.lease(10, 1, 2, B, "20");
    bench.withdraw(16, 1, 2, B);
    assert_eq!(bench.sent()[..2], [(A, 90, "uakt"), (B, 10, "uakt")]);
    assert_eq!(bench.payment(1, 1, A).unsettled.amount, Dec::ZERO);
    assert_eq!(bench.payment(1, 2, B).unsettled.amount, dec("110"));
    assert_eq!(bench.funds(1), dec("-110"));
    for (gseq, provider) in [(1, A), (2, B)] {
        assert_eq!(bench.payment(1, gseq, provider).state, AccountState::Overdrawn);
        assert_eq!(bench.lease_of(1, gseq, provider).state, LeaseState::InsufficientFunds);
        assert_eq!(
            bench.lease_of(1, gseq, provider).reason_in_state,
            Some(reason::INSUFFICIENT_FUNDS)
        );
    }
    assert_eq!(bench.market.groups[&group(1, 1)].state, GroupState::InsufficientFunds);
}

#[test]
fn in_v1_1_an_overdraft_leaves_closed_leases_without_a_stored_reason() {
    let mut bench = bench(Version::V1_1);
    bench.deploy(10, 1, 1, 10);
    bench.lease(10, 1, 1, A, "15");
    bench.withdraw(11, 1, 1, A);
    let lease = bench.lease_of(1, 1, A);
    assert_eq!(
        (lease.state, lease.reason_in_state),
        (LeaseState::Closed, Some(reason::INVALID))
    );
    assert_eq!(lease.reason, "lease_closed_owner", "the event says so");
}

#[test]
fn funds_of_exactly_the_due_are_not_overdrawn_yet() {
    let mut bench = bench(Version::V2_1);
    bench.deploy(10, 1, 1, 30);
    bench.lease(10, 1, 1, A, "10");
    bench.withdraw(13, 1, 1, A);
    assert_eq!(
        (bench.account(1).state, bench.funds(1)),
        (AccountState::Open, Dec::ZERO)
    );
    assert!(bench.account(1).deposits.is_empty());
    bench.withdraw(14, 1, 1, A);
    assert_eq!(
        (bench.account(1).state, bench.funds(1)),
        (AccountState::Overdrawn, dec("-10"))
    );
}

#[test]
fn a_deposit_pays_debts_in_part_then_in_full() {
    let mut bench = bench(Version::V2_1);
    bench.deploy(10, 1, 1, 30);
    bench.lease(10, 1, 1, A, "10");
    bench.withdraw(20, 1, 1, A);
    assert_eq!(bench.payment(1, 1, A).unsettled.amount, dec("70"));
    bench.deposit(25, 1, &[(TENANT, coin(20, "uakt"))]).unwrap();
    assert_eq!(bench.sent(), [(A, 20, "uakt")]);
    assert_eq!(
        (bench.payment(1, 1, A).unsettled.amount, bench.funds(1)),
        (dec("50"), dec("-50"))
    );
    assert_eq!(
        (bench.account(1).state, bench.account(1).settled_at),
        (AccountState::Overdrawn, 20)
    );
    bench.deposit(30, 1, &[(TENANT, coin(60, "uakt"))]).unwrap();
    assert_eq!(bench.sent(), [(A, 50, "uakt"), (TENANT, 10, "uakt")]);
    assert_eq!(bench.account(1).state, AccountState::Closed);
    assert_eq!(bench.payment(1, 1, A).state, AccountState::Closed);
    assert_eq!(
        (bench.payment(1, 1, A).withdrawn.amount, bench.funds(1)),
        (100, Dec::ZERO)
    );
    assert!(
        bench.deposit(31, 1, &[(TENANT, coin(1, "uakt"))]).is_err(),
        "closed takes no deposit"
    );
}

#[test]
fn a_deposit_has_a_source_for_each_transfer_and_the_oldest_is_used_first() {
    let mut bench = bench(Version::V1_2);
    bench.deploy(10, 1, 1, 20);
    bench
        .deposit(11, 1, &[(TENANT, coin(5, "uakt")), (FRIEND, coin(20, "uakt"))])
        .unwrap();
    bench.lease(12, 1, 1, A, "11");
    bench.withdraw(14, 1, 1, A);
    let left = &bench.account(1).deposits;
    let kinds: Vec<_> = left.iter().map(|left| (left.owner.as_str(), left.source)).collect();
    assert_eq!(
        kinds,
        [(TENANT, FundingSource::Balance), (FRIEND, FundingSource::Grant)]
    );
    assert_eq!((left[0].balance.amount, left[1].balance.amount), (dec("3"), dec("20")));
    assert_eq!((left[0].height, bench.funds(1)), (11, dec("23")));
    bench.close(15, 1);
    assert_eq!(bench.sent(), [(A, 11, "uakt"), (FRIEND, 12, "uakt"), (A, 500, "uakt")]);
}

#[test]
fn a_deposit_that_no_transfer_pays_stops_the_range() {
    let mut bench = bench(Version::V1_2);
    bench.deploy(10, 1, 1, 20);
    let short = bench.deposit(11, 1, &[(TENANT, coin(-5, "uakt"))]);
    assert!(short.is_err());
    let other = bench.deposit(11, 1, &[(TENANT, coin(5, "uact"))]);
    assert!(other.is_err(), "before v2.0.0 an account has one denomination");
}

#[test]
fn dues_of_the_others_are_lost_when_a_lease_is_made() {
    let mut bench = bench(Version::V2_1);
    bench.deploy(10, 1, 2, 1_000);
    bench.lease(10, 1, 1, A, "3");
    bench.lease(15, 1, 2, B, "2");
    assert_eq!(bench.lost(), [(dec("15"), "lease_created")]);
    assert_eq!(bench.funds(1), dec("985"));
    assert_eq!(bench.account(1).transferred[0].amount, dec("15"));
    assert_eq!(bench.payment(1, 1, A).balance.amount, Dec::ZERO);
}

#[test]
fn a_lease_closed_in_the_block_of_the_last_settlement_goes_on_costing() {
    let mut bench = bench(Version::V2_1);
    bench.deploy(10, 1, 2, 1_000);
    bench.lease(10, 1, 1, A, "3");
    bench.lease(15, 1, 2, B, "2");
    bench.close_lease(15, 1, 1, A);
    assert_eq!(bench.lease_of(1, 1, A).state, LeaseState::Closed);
    assert_eq!(bench.payment(1, 1, A).state, AccountState::Open);
    bench.withdraw(17, 1, 2, B);
    assert_eq!(bench.payment(1, 1, A).balance.amount, dec("6"));
}

#[test]
fn a_deployment_closed_in_the_block_of_the_last_settlement_leaves_balances_unpaid() {
    let mut bench = bench(Version::V2_1);
    bench.deploy(10, 1, 2, 1_000);
    bench.lease(10, 1, 1, A, "3");
    bench.lease(10, 1, 2, B, "2");
    bench.withdraw(15, 1, 2, B);
    bench.close(15, 1);
    assert_eq!(bench.account(1).state, AccountState::Closed);
    assert_eq!(
        (bench.payment(1, 1, A).state, bench.payment(1, 1, A).balance.amount),
        (AccountState::Open, dec("15"))
    );
    assert_eq!(bench.lost(), [(dec("15"), "account_closed_twice_settled")]);
    assert!(bench.sent().contains(&(TENANT, 975, "uakt")));
}

#[test]
fn an_account_also_catches_the_payments_of_a_longer_number() {
    let mut bench = bench(Version::V2_1);
    bench.deploy(10, 1005, 1, 1_000);
    bench.deploy(10, 10058, 1, 1_000);
    bench.lease(10, 1005, 1, A, "3");
    bench.lease(10, 10058, 1, B, "2");
    bench.withdraw(14, 1005, 1, A);
    assert_eq!(
        bench.payment(10058, 1, B).balance.amount,
        dec("8"),
        "charged to the shorter number"
    );
    assert_eq!((bench.funds(1005), bench.funds(10058)), (dec("980"), dec("1000")));
    assert_eq!(bench.account(10058).settled_at, 10);
}

#[test]
fn only_the_first_losing_bid_gets_its_deposit_back() {
    let orders = [
        (Version::V1_1, FIRST_BY_BYTES, FIRST_BY_TEXT),
        (Version::V1_2, FIRST_BY_TEXT, FIRST_BY_BYTES),
    ];
    for (version, lost, stranded) in orders {
        let mut bench = bench(version);
        bench.deploy(10, 1, 1, 1_000);
        for provider in [FIRST_BY_TEXT, FIRST_BY_BYTES] {
            bench.bid(10, 1, 1, provider, "2");
        }
        bench.lease(11, 1, 1, A, "3");
        assert_eq!(bench.sent(), [(lost, 500, "uakt")], "{version:?}");
        assert_eq!(bench.bid_of(1, 1, lost).state, BidState::Lost);
        assert_eq!(bench.bid_of(1, 1, stranded).state, BidState::Open);
        assert_eq!(bench.bid_account(1, 1, stranded).state, AccountState::Open);
        let begun = &bench.out.stranded[0];
        assert_eq!(
            (begun.bid.provider.as_str(), begun.released, begun.deposit.amount),
            (stranded, false, 500)
        );
        bench.ok(
            12,
            MessageBody::CloseBid {
                id: bid_id(1, 1, stranded),
                reason: 10_000,
            },
        );
        assert_eq!(bench.sent(), [(stranded, 500, "uakt")]);
        assert!(bench.out.stranded[0].released && bench.market.stranded.is_empty());
        assert_eq!(
            bench.payment(1, 1, A).state,
            AccountState::Open,
            "the lease is not touched"
        );
    }
}

#[test]
fn open_orders_of_a_closed_group_are_left_until_v2_1() {
    for (version, state) in [(Version::V2_0, OrderState::Open), (Version::V2_1, OrderState::Closed)] {
        let mut bench = bench(version);
        bench.deploy(10, 1, 1, 1_000);
        bench.bid(10, 1, 1, A, "2");
        bench.ok(12, MessageBody::CloseGroup { id: group(1, 1) });
        assert_eq!(bench.market.orders[&bid_id(1, 1, A).order].state, state, "{version:?}");
        let returned = state == OrderState::Closed;
        assert_eq!(bench.bid_account(1, 1, A).state == AccountState::Closed, returned);
    }
}

#[test]
fn a_provider_that_closes_its_bid_pauses_the_group_which_may_start_again() {
    let mut bench = bench(Version::V2_1);
    bench.deploy(10, 1, 1, 1_000);
    bench.lease(10, 1, 1, A, "3");
    bench.ok(
        14,
        MessageBody::CloseBid {
            id: bid_id(1, 1, A),
            reason: 10_004,
        },
    );
    assert_eq!(bench.sent(), [(A, 500, "uakt"), (A, 12, "uakt")]);
    assert_eq!(bench.market.groups[&group(1, 1)].state, GroupState::Paused);
    assert_eq!(bench.lease_of(1, 1, A).reason, "10004", "a number outside the enum");
    assert_eq!(bench.market.orders.len(), 1);
    bench.ok(20, MessageBody::StartGroup { id: group(1, 1) });
    assert_eq!(bench.market.orders.keys().last().unwrap().oseq, 2);
    assert_eq!(bench.account(1).settled_at, 14, "starting a group settles nothing");
}

#[test]
fn a_tenant_that_closes_a_lease_gets_a_new_order() {
    let mut bench = bench(Version::V2_1);
    bench.deploy(10, 1, 1, 1_000);
    bench.lease(10, 1, 1, A, "3");
    bench.close_lease(12, 1, 1, A);
    let last = bench.market.orders.iter().last().unwrap();
    assert_eq!((last.0.oseq, last.1.state), (2, OrderState::Open));
    assert_eq!(bench.lease_of(1, 1, A).reason_in_state, Some(reason::OWNER));
}

#[test]
fn a_lease_in_reclamation_goes_on_paying_until_its_bid_is_closed() {
    let mut bench = bench(Version::V2_1);
    bench.deploy(10, 1, 1, 1_000);
    bench.bid(10, 1, 1, A, "3");
    bench
        .market
        .bids
        .get_mut(&bid_id(1, 1, A))
        .unwrap()
        .reclamation_window_s = Some(20);
    bench.ok(10, MessageBody::CreateLease { id: bid_id(1, 1, A) });
    bench.ok(
        12,
        MessageBody::StartReclaim {
            id: bid_id(1, 1, A),
            reason: 10_001,
        },
    );
    let terms = bench.lease_of(1, 1, A).reclamation.unwrap();
    assert_eq!(
        (terms.started_at, terms.deadline_unix_s, terms.reason),
        (12, 1_700_000_032, 10_001)
    );
    assert_eq!(bench.lease_of(1, 1, A).state, LeaseState::Reclaiming);
    bench.withdraw(15, 1, 1, A);
    assert_eq!(bench.sent(), [(A, 15, "uakt")]);
    bench.ok(
        40,
        MessageBody::CloseBid {
            id: bid_id(1, 1, A),
            reason: 10_001,
        },
    );
    assert_eq!(bench.lease_of(1, 1, A).state, LeaseState::Closed);
    assert!(
        bench
            .send(
                41,
                MessageBody::StartReclaim {
                    id: bid_id(1, 1, A),
                    reason: 0
                },
                &[]
            )
            .is_err()
    );
}

#[test]
fn an_overdraft_first_found_by_closing_a_lease_leaves_a_closed_lease() {
    let mut bench = bench(Version::V2_1);
    bench.deploy(10, 1, 1, 10);
    bench.lease(10, 1, 1, A, "3");
    bench.close_lease(20, 1, 1, A);
    assert_eq!(bench.lease_of(1, 1, A).state, LeaseState::Closed);
    assert_eq!(bench.payment(1, 1, A).state, AccountState::Overdrawn);
    assert_eq!(bench.market.deployments[&deployment(1)].state, DeploymentState::Closed);
    assert_eq!(
        bench.market.orders.len(),
        1,
        "no new order: the group went with its deployment"
    );
}

#[test]
fn debts_in_uact_are_paid_from_uakt_while_bme_is_halted() {
    let mut bench = Bench::new(Version::V2_0, "uact");
    bench.deploy(10, 1, 1, 30);
    bench.lease(10, 1, 1, A, "10");
    bench.deposit(11, 1, &[(TENANT, coin(25, "uakt"))]).unwrap();
    bench.fallback = Some(dec("2"));
    // Six blocks cost 60: 30 are there, 30 more are 15 uakt.
    bench.withdraw(16, 1, 1, A);
    assert_eq!(bench.sent(), [(A, 15, "uakt"), (A, 30, "uact")]);
    assert_eq!(bench.account(1).state, AccountState::Open);
    assert_eq!(
        (bench.payment(1, 1, A).state, bench.payment(1, 1, A).withdrawn.amount),
        (AccountState::Open, 30)
    );
    assert_eq!(
        bench.account(1).funds[0].amount,
        dec("-30"),
        "the debt stays in the books"
    );
    assert_eq!(bench.account(1).funds[1].amount, dec("10"));
}

#[test]
fn a_fallback_that_does_not_reach_overdraws_the_account() {
    let mut bench = Bench::new(Version::V2_1, "uact");
    bench.deploy(10, 1, 1, 30);
    bench.lease(10, 1, 1, A, "10");
    bench.deposit(11, 1, &[(TENANT, coin(5, "uakt"))]).unwrap();
    bench.fallback = Some(dec("2"));
    bench.withdraw(16, 1, 1, A);
    assert_eq!(bench.sent()[..2], [(A, 5, "uakt"), (A, 30, "uact")]);
    assert_eq!(bench.account(1).state, AccountState::Overdrawn);
    assert_eq!(bench.payment(1, 1, A).unsettled.amount, dec("20"));
    assert_eq!(bench.account(1).funds[1].amount, Dec::ZERO);
}

#[test]
fn what_a_failed_transaction_says_did_not_happen() {
    let mut bench = bench(Version::V2_1);
    bench.deploy(10, 1, 1, 1_000);
    bench.failed(11, MessageBody::CloseDeployment { id: deployment(1) });
    assert_eq!(bench.market.deployments[&deployment(1)].state, DeploymentState::Active);
    assert_eq!(bench.out.changed().count(), 0);
}

#[test]
fn a_successful_message_about_an_unknown_object_stops_the_range() {
    let id = bid_id(7, 1, A);
    let messages = [
        MessageBody::CloseDeployment { id: deployment(7) },
        MessageBody::UpdateDeployment {
            id: deployment(7),
            hash: vec![],
        },
        MessageBody::PauseGroup { id: group(7, 1) },
        MessageBody::StartGroup { id: group(7, 1) },
        MessageBody::CreateLease { id: id.clone() },
        MessageBody::CloseBid {
            id: id.clone(),
            reason: 0,
        },
        MessageBody::WithdrawLease { id: id.clone() },
        MessageBody::CloseLease {
            id: id.clone(),
            reason: 0,
        },
        MessageBody::StartReclaim { id, reason: 0 },
    ];
    for version in [Version::V0_38, Version::V1_0, Version::V2_1] {
        for message in messages.clone() {
            let error = bench(version).send(11, message, &[]).unwrap_err().to_string();
            assert!(
                error.contains("is not in the state") && error.contains("height 11, tx 0 msg 0"),
                "{error}"
            );
        }
    }
}
