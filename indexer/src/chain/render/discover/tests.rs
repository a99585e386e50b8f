//! Discovery over the payments of the recorded world, whose truth says who paid.
#![allow(clippy::unwrap_used)]

use super::testing::World;
use super::*;
use crate::chain::akash::dec::Dec;

const DECIMALS: u8 = 8;

/// A payment like `of`, from somebody else.
fn decoy(of: &Transfer, from: &str) -> Transfer {
    Transfer {
        source_account: from.to_owned(),
        source_owner: format!("owner of {from}"),
        signature: format!("decoy of {}", of.signature),
        ..of.clone()
    }
}

#[test]
fn the_payout_accounts_of_every_epoch_are_found_from_what_was_due() {
    let world = World::load();
    let mut findings = Vec::new();
    for epoch in 1..=14 {
        for (record, name, role) in [
            (world.work(epoch), "payout_work", Role::PayoutWork),
            (
                world.availability(epoch),
                "payout_availability",
                Role::PayoutAvailability,
            ),
        ] {
            let finding = discover(&record, DECIMALS, &world.transfers);
            let (found, candidate) = finding
                .found()
                .unwrap_or_else(|| panic!("epoch {epoch}, {name}: {:?}", finding.outcome));
            assert_eq!(
                (found, candidate.account.as_str()),
                (role, world.account(name)),
                "epoch {epoch}"
            );
            assert_eq!(
                (candidate.matched, finding.total),
                (record.wallets.len(), record.wallets.len())
            );
            findings.push(finding);
        }
    }
    let wallets = merge(&findings);
    assert_eq!(wallets.len(), 2);
    let work = &wallets[0];
    assert_eq!(
        (work.role, work.first_seen_epoch, work.last_seen_epoch),
        (Role::PayoutWork, 1, 14)
    );
    assert_eq!((work.matched, work.match_basis_points()), (work.total, 10_000));
    assert!(
        work.evidence().contains("first in epoch 1, last in epoch 14"),
        "{}",
        work.evidence()
    );
}

#[test]
fn missing_wallets_wrong_amounts_noise_and_decoys_do_not_mislead() {
    let world = World::load();
    for seed in 0..20_u64 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut record = world.work(14);
        let wallets = record.wallets.len();
        assert!(wallets >= 12, "{wallets}");
        let mut transfers = world.transfers.clone();
        // Two wallets of the record were never paid, and have a share of what is due all the same.
        let spare: Vec<&str> = record
            .wallets
            .iter()
            .map(|wallet| wallet.address.as_str())
            .take(2)
            .collect();
        let unpaid: Vec<String> = spare.iter().map(|address| (*address).to_owned()).collect();
        transfers.retain(|transfer| !unpaid.contains(&transfer.dest_owner));
        // One payment in twenty is off by a little more than the tolerance.
        let paid: Vec<usize> = (0..transfers.len())
            .filter(|index| transfers[*index].source_account == world.account("payout_work"))
            .collect();
        for index in paid.iter().filter(|_| random.u8(0..20) == 0) {
            transfers[*index].amount += 200;
        }
        // A decoy pays a third of the wallets the same; noise pays anything to anybody.
        let first = world.payments(14, "node_work_reward");
        let decoys = first
            .iter()
            .filter(|_| random.u8(0..3) == 0)
            .map(|payment| decoy(payment, "decoy"));
        transfers.extend(decoys);
        for _ in 0..2_000 {
            let mut noise = decoy(
                first[random.usize(0..first.len())],
                &format!("noise {}", random.u8(0..50)),
            );
            noise.amount = random.u64(1..1_000_000_000_000);
            transfers.push(noise);
        }
        random.shuffle(&mut transfers);
        random.shuffle(&mut record.wallets);
        let finding = discover(&record, DECIMALS, &transfers);
        let (role, best) = finding
            .found()
            .unwrap_or_else(|| panic!("seed {seed}: {:?}", finding.outcome));
        assert_eq!(
            (role, best.account.as_str()),
            (Role::PayoutWork, world.account("payout_work")),
            "seed {seed}"
        );
        assert!(best.matched < finding.total && finding.total == wallets, "seed {seed}");
        assert!(
            finding.candidates.iter().any(|candidate| candidate.account == "decoy"),
            "seed {seed}"
        );
    }
}

#[test]
fn two_senders_of_the_same_amounts_tie_and_neither_is_named() {
    let world = World::load();
    let record = world.work(10);
    let mut transfers = world.transfers.clone();
    transfers.extend(
        world
            .payments(10, "node_work_reward")
            .into_iter()
            .map(|payment| decoy(payment, "twin")),
    );
    let finding = discover(&record, DECIMALS, &transfers);
    assert!(
        matches!(&finding.outcome, Err(Refusal::Tie { .. })),
        "{:?}",
        finding.outcome
    );
    assert!(merge(&[finding]).is_empty());
}

#[test]
fn a_weak_match_is_refused_with_its_numbers() {
    let world = World::load();
    let record = world.work(12);
    let paid: Vec<Transfer> = world.payments(12, "node_work_reward").into_iter().cloned().collect();
    let finding = discover(&record, DECIMALS, &paid[..paid.len() / 3]);
    let Err(refusal @ Refusal::TooFew { .. }) = &finding.outcome else {
        panic!("{:?}", finding.outcome)
    };
    assert!(
        refusal
            .to_string()
            .contains(&format!("{} of {}", paid.len() / 3, paid.len())),
        "{refusal}"
    );
    let nobody = discover(&record, DECIMALS, &[]);
    assert_eq!(nobody.outcome, Err(Refusal::NoMatch));
    let two = Liability {
        wallets: record.wallets[..2].to_vec(),
        ..record
    };
    assert!(
        discover(&two, DECIMALS, &paid).found().is_none(),
        "two wallets are no evidence"
    );
}

#[test]
fn payments_before_the_end_or_after_fourteen_days_do_not_count() {
    let world = World::load();
    let record = world.work(9);
    let (end, _) = window_s(&record);
    let moved = |to: i64| -> Vec<Transfer> {
        let payments = world.payments(9, "node_work_reward").into_iter();
        payments
            .map(|payment| Transfer {
                time_s: to,
                ..payment.clone()
            })
            .collect()
    };
    for (time, counts) in [
        (end - 1, false),
        (end, true),
        (end + WINDOW_S, true),
        (end + WINDOW_S + 1, false),
    ] {
        let finding = discover(&record, DECIMALS, &moved(time));
        assert_eq!(finding.found().is_some(), counts, "{}", time - end);
    }
}

#[test]
fn an_amount_agrees_to_within_a_millionth_of_a_token_and_no_more() {
    let world = World::load();
    // Exact shares: the measure is the amount itself.
    let mut record = world.work(8);
    let paid: Vec<Transfer> = world.payments(8, "node_work_reward").into_iter().cloned().collect();
    for wallet in &mut record.wallets {
        let amount = paid
            .iter()
            .find(|paid| paid.dest_owner == wallet.address)
            .unwrap()
            .amount;
        wallet.measures[0].1 = Dec::from_units(i128::from(amount)).unwrap();
    }
    for (off, fits) in [(0_i64, true), (100, true), (-100, true), (101, false), (-101, false)] {
        let shifted: Vec<Transfer> = paid
            .iter()
            .map(|one| Transfer {
                amount: one.amount.checked_add_signed(off).unwrap(),
                ..one.clone()
            })
            .collect();
        assert_eq!(discover(&record, DECIMALS, &shifted).found().is_some(), fits, "{off}");
    }
}

#[test]
fn pitfall_8_lower_cased_addresses_are_refused_with_the_reason_and_never_matched() {
    let world = World::load();
    let mut record = world.work(11);
    let whole = record.wallets.len();
    record.wallets[0].address = record.wallets[0].address.to_lowercase();
    let finding = discover(&record, DECIMALS, &world.transfers);
    assert_eq!(finding.refused.len(), 1);
    assert!(
        finding.refused[0].reason.contains("case-sensitive"),
        "{:?}",
        finding.refused
    );
    assert_eq!(
        finding.found().unwrap().1.matched,
        whole - 1,
        "the others keep their shares"
    );
    for wallet in &mut record.wallets {
        wallet.address = wallet.address.to_lowercase();
    }
    let finding = discover(&record, DECIMALS, &world.transfers);
    assert_eq!(finding.outcome, Err(Refusal::NoWallets { refused: whole }));
    for wrong in [
        "",
        "0OIl",
        "short",
        "G9rEYMKxY4vF6g6ewDPxAVv3Ns1Rb7nJsEMAHv3ZLgHeG9rEYMKxY4vF6g6ewDPxAVv3",
        "Übung",
    ] {
        assert!(check_address(wrong).is_err(), "{wrong}");
    }
    assert_eq!(
        check_address("11111111111111111111111111111111"),
        Ok(()),
        "digits have no case"
    );
    assert_eq!(check_address("rndrizKT3MK1iimdxRdWabcF7Zg7AR5T4nud4EkHBof"), Ok(()));
}

#[test]
fn a_record_without_numbers_is_matched_by_the_sum_of_a_run() {
    let world = World::load();
    let mut record = world.liability(13, "availability_reward", "render_compute_network", "x");
    for wallet in &mut record.wallets {
        wallet.measures.clear();
    }
    let finding = discover(&record, DECIMALS, &world.transfers);
    assert_eq!(finding.basis, Basis::Total);
    let (role, candidate) = finding.found().unwrap();
    assert_eq!(
        (role, candidate.account.as_str()),
        (Role::PayoutCompute, world.account("payout_availability"))
    );
    record.amount_due += 100_000;
    assert!(discover(&record, DECIMALS, &world.transfers).found().is_none());
}

#[test]
fn a_channel_that_does_not_pay_nodes_names_nobody() {
    let world = World::load();
    let record = Liability {
        channel: "upgrade".to_owned(),
        ..world.availability(5)
    };
    assert_eq!(
        discover(&record, DECIMALS, &world.transfers).outcome,
        Err(Refusal::NotNodes)
    );
}

#[test]
fn the_largest_numbers_overflow_nothing() {
    let world = World::load();
    let mut record = world.work(14);
    record.amount_due = u64::MAX;
    for wallet in &mut record.wallets {
        wallet.measures[0].1 = Dec::from_scaled(i128::MAX);
    }
    let mut transfers = world.transfers.clone();
    for transfer in &mut transfers {
        transfer.amount = u64::MAX;
    }
    let wallets = record.wallets.len();
    assert_eq!(discover(&record, DECIMALS, &transfers).outcome, Err(Refusal::NoMatch));
    assert_eq!(discover(&record, 0, &transfers).total, wallets);
    assert!(discover(&record, 255, &transfers).found().is_none());
    record.ends_at_ms = i64::MAX;
    assert!(discover(&record, 0, &transfers).found().is_none());
}
