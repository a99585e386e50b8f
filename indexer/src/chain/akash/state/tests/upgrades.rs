//! Upgrade handlers and the repricing of v2.0.0 (akash.md 2.10.9).

use super::bench::{Bench, TENANT, coin, dec, deployment, group};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::Version;
use crate::chain::akash::state::escrow::{AccountState, FundingSource};
use crate::chain::akash::state::flow::BME;
use crate::chain::akash::state::market::{DeploymentState, GroupState, LeaseState, reason};
use crate::chain::akash::state::upgrades::AXL_USDC;

const A: &str = "akash1aaa";
const B: &str = "akash1ccc";

#[test]
fn v1_0_0_takes_accounts_over_one_to_one() {
    let mut bench = Bench::new(Version::V0_38, "uakt");
    bench.deploy(10, 1, 2, 1_000);
    bench.lease(10, 1, 1, A, "1.25");
    bench.lease(10, 1, 2, B, "1");
    bench.close_lease(13, 1, 2, B);
    bench.upgrade(20, Version::V1_0);
    let account = bench.account(1);
    assert!(account.legacy.is_none());
    assert_eq!(
        (bench.funds(1), account.transferred[0].amount, account.settled_at),
        (dec("993.25"), dec("6.75"), 13)
    );
    let deposit = &account.deposits[0];
    assert_eq!(
        (account.deposits.len(), deposit.height, deposit.source),
        (1, 0, FundingSource::Balance)
    );
    assert_eq!(bench.payment(1, 1, A).balance.amount, dec("3.75"));
    assert_eq!(bench.lease_of(1, 2, B).reason_in_state, Some(reason::UNSPECIFIED));
    assert_eq!(bench.lease_of(1, 1, A).reason_in_state, Some(reason::INVALID));
}

/// Two deployments in axlUSDC, one rich, one in debt by the sum of heights; one in uakt.
fn before_the_repair() -> Bench {
    let mut bench = Bench::new(Version::V1_0, AXL_USDC);
    bench.deploy(10, 1, 1, 100_000);
    bench.lease(10, 1, 1, A, "3");
    bench.deploy(10, 2, 1, 100);
    bench.lease(10, 2, 1, B, "2");
    bench
}

#[test]
fn v1_1_0_closes_solvent_accounts_in_axlusdc_without_a_refund() {
    let mut bench = before_the_repair();
    bench.upgrade(30, Version::V1_1);
    // 30 + 10 "blocks", a sum where a difference was meant.
    assert_eq!(bench.account(1).state, AccountState::Closed);
    assert_eq!(bench.funds(1), dec("99880"));
    assert!(bench.account(1).deposits.is_empty());
    assert_eq!(
        bench.sent(),
        [(A, 500, "uakt"), (B, 500, "uakt")],
        "only bid deposits return"
    );
    let payment = bench.payment(1, 1, A);
    assert_eq!((payment.state, payment.rate.amount), (AccountState::Closed, dec("120")));
    assert_eq!(payment.unsettled.amount, dec("120"));
    let lease = bench.lease_of(1, 1, A);
    assert_eq!(
        (lease.state, lease.closed_on, lease.reason_in_state),
        (LeaseState::Closed, 30, Some(reason::INVALID))
    );
    assert_eq!(bench.market.groups[&group(1, 1)].state, GroupState::Closed);
}

#[test]
fn v1_1_0_overdraws_by_its_sum_and_then_writes_off_what_stayed_open() {
    let mut bench = Bench::new(Version::V1_0, AXL_USDC);
    bench.deploy(10, 1, 1, 60);
    bench.lease(10, 1, 1, A, "2");
    bench.upgrade(30, Version::V1_1);
    // 60 ≤ 2 × 40: overdrawn by the first reason only, so the account stays open in pass 1, and pass 2
    // finds it open over a closed deployment.
    assert_eq!(
        (bench.account(1).state, bench.funds(1)),
        (AccountState::Closed, Dec::ZERO)
    );
    let payment = bench.payment(1, 1, A);
    assert_eq!(
        (payment.state, payment.unsettled.amount),
        (AccountState::Closed, dec("80"))
    );
    assert_eq!(bench.market.deployments[&deployment(1)].state, DeploymentState::Closed);
    assert_eq!(bench.market.groups[&group(1, 1)].state, GroupState::Closed);
}

#[test]
fn v1_1_0_leaves_open_uakt_accounts_of_active_deployments_alone() {
    let mut bench = Bench::new(Version::V1_0, "uakt");
    bench.deploy(10, 1, 1, 10);
    bench.lease(10, 1, 1, A, "3");
    bench.close_lease(14, 1, 1, A);
    let before = bench.account(1).clone();
    bench.upgrade(30, Version::V1_1);
    assert_eq!(bench.account(1), &before);
    assert_eq!(bench.payment(1, 1, A).state, AccountState::Open);
}

#[test]
fn v2_0_0_turns_axlusdc_into_uact_at_once() {
    let mut bench = Bench::new(Version::V1_2, AXL_USDC);
    bench.deploy(10, 1, 1, 1_000);
    bench.lease(10, 1, 1, A, "3");
    bench.upgrade(20, Version::V2_0);
    assert_eq!(bench.sent(), [(BME, 1_000, AXL_USDC)]);
    let lease = bench.lease_of(1, 1, A);
    assert_eq!((lease.price.denom.as_str(), lease.price.amount), ("uact", dec("3")));
    assert_eq!(bench.out.repriced.len(), 1);
    let account = bench.account(1);
    let lines: Vec<_> = account.transferred.iter().map(|line| line.denom.as_str()).collect();
    assert_eq!(lines, [AXL_USDC, "uact"]);
    assert_eq!(
        (
            account.funds[0].denom.as_str(),
            account.deposits[0].balance.denom.as_str()
        ),
        ("uact", "uact")
    );
    assert_eq!(bench.bid_account(1, 1, A).funds[0].denom, "uakt", "bid deposits stay");
    bench.withdraw(25, 1, 1, A);
    assert_eq!(bench.sent(), [(A, 45, "uact")]);
}

#[test]
fn v2_0_0_renames_what_is_unfinished_under_closed_deployments() {
    let mut bench = Bench::new(Version::V1_2, AXL_USDC);
    bench.deploy(10, 1, 1, 30);
    bench.lease(10, 1, 1, A, "10");
    bench.withdraw(20, 1, 1, A);
    bench.upgrade(30, Version::V2_0);
    assert_eq!(bench.account(1).funds[0].denom, "uact");
    assert_eq!(bench.payment(1, 1, A).unsettled.denom, "uact");
    assert_eq!(bench.payment(1, 1, A).withdrawn.denom, "uact");
    assert!(bench.sent().is_empty(), "no coins stand behind a debt");
}

#[test]
fn uakt_waits_for_a_price_and_is_multiplied_by_it() {
    let mut bench = Bench::new(Version::V1_2, "uakt");
    for dseq in [1, 2, 3] {
        bench.deploy(10, dseq, 2, 1_000);
        bench.lease(10, dseq, 1, A, "3");
    }
    bench.withdraw(15, 1, 1, A);
    bench.upgrade(20, Version::V2_0);
    assert_eq!(bench.market.waiting.len(), 3);
    bench.close(22, 2);
    bench.withdraw(24, 3, 1, A);
    assert_eq!(bench.sent(), [(A, 42, "uakt")], "dues go on in uakt until then");
    bench.reprice(25, "0.333");
    assert_eq!(
        bench.market.waiting.iter().collect::<Vec<_>>(),
        [&deployment(2)],
        "closed meanwhile"
    );
    let payment = bench.payment(1, 1, A);
    assert_eq!(
        (payment.rate.denom.as_str(), payment.rate.amount),
        ("uact", dec("0.999"))
    );
    assert_eq!(
        (payment.withdrawn.amount, payment.withdrawn.denom.as_str()),
        (4, "uact"),
        "15 × 0.333 cut"
    );
    assert_eq!(bench.funds(1), dec("328.005"));
    assert_eq!(
        bench.lease_of(2, 1, A).price.denom,
        "uakt",
        "closed meanwhile: passed over"
    );
    assert_eq!(
        bench.market.groups[&group(1, 2)].spec.resources[0].price.amount,
        dec("333")
    );
    assert_eq!(bench.sent(), [(BME, 985 + 958, "uakt")]);
    let repriced = &bench.out.repriced[0];
    assert_eq!(
        (repriced.old.amount, repriced.new.amount, repriced.rate),
        (dec("3"), dec("0.999"), dec("0.333"))
    );
}

#[test]
fn what_waits_until_v2_1_0_is_never_repriced() {
    let mut bench = Bench::new(Version::V1_2, "uakt");
    bench.deploy(10, 1, 1, 1_000);
    bench.lease(10, 1, 1, A, "3");
    bench.upgrade(20, Version::V2_0);
    bench.upgrade(30, Version::V2_1);
    bench.reprice(31, "2");
    assert_eq!(bench.lease_of(1, 1, A).price.denom, "uakt");
    bench.withdraw(32, 1, 1, A);
    assert_eq!(bench.sent(), [(A, 66, "uakt")]);
}

#[test]
fn a_refund_of_repriced_deposits_takes_the_fraction_from_the_funds() {
    let mut bench = Bench::new(Version::V1_2, "uakt");
    bench.deploy(10, 1, 1, 1_001);
    bench.upgrade(20, Version::V2_0);
    bench.reprice(21, "0.5");
    bench.close(22, 1);
    assert_eq!(bench.sent(), [(TENANT, 500, "uact")]);
    assert_eq!(bench.funds(1), Dec::ZERO);
}

#[test]
fn an_overdrawn_uakt_account_of_a_closed_deployment_is_not_touched() {
    let mut bench = Bench::new(Version::V1_2, "uakt");
    bench.deploy(10, 1, 1, 30);
    bench.lease(10, 1, 1, A, "10");
    bench.withdraw(20, 1, 1, A);
    bench.upgrade(30, Version::V2_0);
    assert!(bench.market.waiting.is_empty());
    bench.reprice(31, "2");
    assert_eq!(bench.funds(1), dec("-70"));
    bench.deposit(32, 1, &[(TENANT, coin(70, "uakt"))]).unwrap();
    assert_eq!(
        bench.account(1).state,
        AccountState::Closed,
        "its debt is still payable in uakt"
    );
}
