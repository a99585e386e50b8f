//! Watch sets: where they come from, what they refuse, what counts when.
#![allow(clippy::unwrap_used)]

use super::{Role, WatchAccount, WatchError, WatchSet};
use crate::chain::render::testing::body::{key, watched};
use crate::chain::render::testing::read;
use serde_json::{Value, json};
use solana_pubkey::Pubkey;

fn set(accounts: Vec<WatchAccount>) -> WatchSet {
    WatchSet {
        mint: key("mint"),
        decimals: 8,
        follow_mint: true,
        accounts,
    }
}

fn accounts_json(watched: &Value) -> Result<WatchSet, WatchError> {
    let file = json!({"mint": key("mint"), "decimals": 8, "watched": watched, "owners": {
        "burn_1": key("burn.owner"), "burn_12": key("burn.owner"),
    }});
    WatchSet::from_accounts_json(file.to_string().as_bytes())
}

#[test]
fn mainnet_watches_the_associated_account_of_the_burn_wallet_and_not_the_mint() {
    let set = WatchSet::mainnet();
    let pubkey = |text: &str| text.parse::<Pubkey>().unwrap();
    let token = pubkey("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
    let associated = pubkey("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
    let burn = &set.accounts[0];
    let seeds = [pubkey(&burn.owner), token, pubkey(&set.mint)];
    let seeds: Vec<&[u8]> = seeds.iter().map(Pubkey::as_ref).collect();
    assert_eq!(
        burn.address,
        Pubkey::find_program_address(&seeds, &associated).0.to_string()
    );
    assert_eq!(
        (set.accounts.len(), burn.role, set.decimals, set.follow_mint),
        (1, Role::Burn, 8, false)
    );
    assert_eq!(set.followed().collect::<Vec<_>>(), [burn.address.as_str()]);
    assert_eq!(set.role_at(&burn.address, &burn.owner, 1), Some(burn));
}

#[test]
fn a_recording_watches_each_account_that_plays_a_part_and_the_mint() {
    let set = WatchSet::from_accounts_json(&read("render-world-1/accounts.json")).unwrap();
    let mut roles: Vec<(&str, Role)> = set.accounts.iter().map(|one| (one.label.as_str(), one.role)).collect();
    roles.sort_unstable();
    let expected = [
        ("burn_1", Role::Burn),
        ("burn_2", Role::Burn),
        ("grants", Role::Grants),
        ("market", Role::Market),
        ("payout_availability", Role::PayoutAvailability),
        ("payout_work", Role::PayoutWork),
        ("treasury", Role::Treasury),
    ];
    assert_eq!(roles, expected);
    assert!(set.follow_mint && set.followed().count() == 8);
    assert!(set.accounts.iter().all(|one| !one.owner.is_empty()));
}

#[test]
fn numbers_are_cut_off_and_bystanders_left_out() {
    let names = json!({"burn_1": key("a"), "burn_12": key("b"), "op_3": key("c"), "operator": key("d"), "user_0": key("e"),
        "payout_compute": key("f"), "mint": key("mint")});
    let roles: Vec<Role> = accounts_json(&names)
        .unwrap()
        .accounts
        .iter()
        .map(|one| one.role)
        .collect();
    assert_eq!(roles, [Role::Burn, Role::Burn, Role::PayoutCompute]);
}

#[test]
fn a_name_that_is_no_role_is_followed_and_another_mint_is_refused() {
    let set = accounts_json(&json!({"faucet_1": key("a")})).unwrap();
    assert_eq!(
        (set.accounts[0].role, set.accounts[0].label.as_str()),
        (Role::Other, "faucet_1")
    );
    assert!(set.followed().any(|address| address == key("a")));
    let other = accounts_json(&json!({"mint": key("another")})).unwrap_err();
    assert!(matches!(other, WatchError::OtherMint { .. }), "{other}");
}

/// What a set of one account is refused for, after a change to it.
fn refused(change: impl FnOnce(&mut WatchAccount)) -> WatchError {
    let mut account = watched("burn", Role::Burn);
    assert!(set(vec![account.clone()]).check().is_ok());
    change(&mut account);
    set(vec![account]).check().unwrap_err()
}

#[test]
fn accounts_that_cannot_be_are_refused() {
    assert!(matches!(
        refused(|one| one.address.push('1')),
        WatchError::Address { .. }
    ));
    assert!(matches!(refused(|one| one.address.clear()), WatchError::Address { .. }));
    assert!(matches!(
        refused(|one| one.owner = "0OIl".to_owned()),
        WatchError::Address { .. }
    ));
    assert!(matches!(
        refused(|one| one.owner.clear()),
        WatchError::BurnWithoutOwner(_)
    ));
    assert!(matches!(
        refused(|one| one.role = Role::Mint),
        WatchError::MintAsAccount(_)
    ));
    assert!(matches!(
        refused(|one| one.address = key("mint")),
        WatchError::MintAsAccount(_)
    ));
    assert!(matches!(
        refused(|one| one.label = "x".repeat(2_000)),
        WatchError::LongText { what: "label", .. }
    ));
    let backwards = refused(|one| (one.valid_from_slot, one.valid_to_slot) = (9, Some(8)));
    assert!(
        matches!(backwards, WatchError::Interval { from: 9, to: 8, .. }),
        "{backwards}"
    );
    let mut wide = set(Vec::new());
    wide.decimals = 20;
    assert!(matches!(wide.check(), Err(WatchError::Decimals(20))));
    assert!(matches!(WatchSet::from_json(b"{}"), Err(WatchError::Json(_))));
}

#[test]
fn an_account_may_change_its_role_but_not_have_two() {
    let mut first = watched("a", Role::Market);
    first.valid_to_slot = Some(99);
    let mut second = watched("a", Role::Burn);
    second.valid_from_slot = 100;
    let set = set(vec![second.clone(), first.clone()]);
    assert!(set.check().is_ok());
    let role = |slot| set.role_at(&key("a"), &key("a.owner"), slot).map(|one| one.role);
    assert_eq!(
        (role(0), role(99), role(100)),
        (Some(Role::Market), Some(Role::Market), Some(Role::Burn))
    );
    first.valid_to_slot = Some(100);
    let overlap = super::tests::set(vec![second, first]).check().unwrap_err();
    assert!(matches!(overlap, WatchError::Overlap { slot: 100, .. }), "{overlap}");
}

#[test]
fn another_account_of_a_watched_owner_counts_as_its_owner_unless_that_is_ambiguous() {
    let mut other = watched("b", Role::Grants);
    other.owner = key("a.owner");
    let one = set(vec![watched("a", Role::Treasury)]);
    let two = set(vec![watched("a", Role::Treasury), other]);
    let role = |set: &WatchSet| set.role_at(&key("elsewhere"), &key("a.owner"), 5).map(|one| one.role);
    assert_eq!((role(&one), role(&two)), (Some(Role::Treasury), None));
    assert_eq!(one.signer_role_at(&key("a.owner"), 5), Some(Role::Treasury));
    assert_eq!(two.signer_role_at(&key("a.owner"), 5), None);
    assert!(one.follows(&key("a")) && !one.follows(&key("elsewhere")));
}

#[test]
fn a_fingerprint_depends_on_what_is_watched_and_not_on_its_order() {
    let (a, b) = (watched("a", Role::Burn), watched("b", Role::Market));
    let print = set(vec![a.clone(), b.clone()]).fingerprint();
    assert_eq!(print, set(vec![b.clone(), a.clone()]).fingerprint());
    assert_eq!(print.len(), 64);
    let mut later = b;
    later.valid_from_slot = 1;
    assert_ne!(print, set(vec![a, later]).fingerprint());
}

#[test]
fn a_set_survives_its_own_json() {
    let set = set(vec![watched("a", Role::Burn)]);
    assert_eq!(WatchSet::from_json(&serde_json::to_vec(&set).unwrap()).unwrap(), set);
}
