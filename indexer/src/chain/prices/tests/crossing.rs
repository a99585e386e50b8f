//! Sources that contradict each other are both shown so; nothing is averaged.

use super::*;
use crate::chain::prices::Status;

fn said(ticks: &[Tick]) -> Vec<(&'static str, Status, String)> {
    let text = |tick: &Tick| tick.price.map(|price| price.to_string()).unwrap_or_default();
    ticks
        .iter()
        .map(|tick| (tick.source.name(), tick.status, text(tick)))
        .collect()
}

#[test]
fn sources_that_agree_within_the_limit_are_both_good() {
    let ticks = ticks(vec![
        pyth(&Account::default()),
        osmosis("5", "0.062", 5),
        coingecko("0.31", 5),
    ]);
    assert!(ticks.iter().all(|tick| tick.status == Status::Ok), "{:?}", said(&ticks));
}

#[test]
fn each_pair_of_sources_that_disagree_is_crossed_on_both_sides_with_both_prices_kept() {
    let sources = || [pyth(&Account::default()), osmosis("5", "0.07", 5), coingecko("0.29", 5)];
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let asked = sources();
        let pair = ticks(vec![asked[one].clone(), asked[other].clone()]);
        let prices: Vec<_> = pair.iter().map(|tick| tick.price.unwrap()).collect();
        let alone: Vec<_> = [one, other]
            .iter()
            .map(|at| tick(asked[*at].clone()).price.unwrap())
            .collect();
        assert_eq!(prices, alone, "a price is never changed by another");
        assert!(
            pair.iter().all(|tick| tick.status == Status::Crossed),
            "{:?}",
            said(&pair)
        );
        assert!(pair[0].reason.contains(pair[1].source.name()), "{}", pair[0].reason);
        assert!(pair[1].reason.contains(pair[0].source.name()), "{}", pair[1].reason);
    }
}

#[test]
fn confidence_widens_what_counts_as_agreement() {
    let sure = Account {
        confidence: 0,
        ..Account::default()
    };
    let unsure = Account {
        confidence: 500_000,
        ..Account::default()
    };
    // 0.3125 and 0.326: 1.35 cents apart, of which 3 % of the higher one is 0.98 and the confidence 0.5.
    assert_eq!(
        ticks(vec![pyth(&sure), coingecko("0.326", 5)])[0].status,
        Status::Crossed
    );
    assert_eq!(ticks(vec![pyth(&unsure), coingecko("0.326", 5)])[0].status, Status::Ok);
}

#[test]
fn a_source_that_is_unsure_by_its_own_account_is_crossed() {
    let unsure = Account {
        confidence: 625_001,
        ..Account::default()
    };
    let tick = tick(pyth(&unsure));
    assert_eq!(tick.status, Status::Crossed);
    assert!(tick.reason.contains("200 basis points"), "{}", tick.reason);
    let just = Account {
        confidence: 625_000,
        ..Account::default()
    };
    assert_eq!(super::tick(pyth(&just)).status, Status::Ok);
}

#[test]
fn a_price_that_is_bad_by_itself_contradicts_nobody() {
    let stale = Account {
        published_s: NOW_S - 4000,
        price: 90_000_000,
        ..Account::default()
    };
    let ticks = ticks(vec![pyth(&stale), coingecko("0.31", 5), osmosis("5", "0", 5)]);
    let statuses: Vec<_> = ticks.iter().map(|tick| tick.status).collect();
    assert_eq!(statuses, [Status::Stale, Status::Ok, Status::Zero]);
}

#[test]
fn several_faults_are_all_told_and_the_worst_decides() {
    let both = Account {
        price: 0,
        published_s: NOW_S - 4000,
        ..Account::default()
    };
    let tick = tick(pyth(&both));
    assert_eq!(tick.status, Status::Zero);
    assert!(
        tick.reason.contains("zero") && tick.reason.contains("4000 s"),
        "{}",
        tick.reason
    );
}
