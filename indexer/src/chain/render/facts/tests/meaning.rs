//! The rules: what each movement between roles means, and which epoch a payout pays for.

use super::{rows, rows_of};
use crate::chain::render::testing::body::{Body, SLOT, TOKEN, key, plain, rules_of_names};
use crate::chain::render::watch::Role;

/// Class and rule of a transfer between two accounts that are named as their roles.
fn transfer(source: &str, dest: &str) -> (String, String) {
    let body = Body::new()
        .call(TOKEN, &[source, dest, "payer"], &plain(3, 5))
        .balance(source, &format!("{source}.owner"), Some(5), Some(0))
        .balance(dest, &format!("{dest}.owner"), Some(0), Some(5));
    let event = rows_of(&body).events.remove(0);
    (event.class, event.class_rule)
}

/// Class of a mint to an account by an authority.
fn mint(dest: &str, authority: &str) -> String {
    let body = Body::new()
        .call(TOKEN, &["mint", dest, authority], &plain(7, 5))
        .balance(dest, &format!("{dest}.owner"), Some(0), Some(5));
    rows_of(&body).events.remove(0).class
}

#[test]
fn transfers_mean_what_the_roles_at_their_ends_say() {
    let expected = [
        ("customer", "burn", "job_payment"),
        ("market", "burn", "job_payment"),
        ("grants", "burn", "job_payment"),
        ("payout_work", "node", "node_work_reward"),
        ("payout_availability", "node", "availability_reward"),
        ("payout_compute", "node", "compute_reward"),
        ("treasury", "payout_work", "treasury"),
        ("treasury", "payout_availability", "treasury"),
        ("payout_compute", "treasury", "treasury"),
        ("payout_work", "payout_availability", "treasury"),
        ("treasury", "grants", "grant"),
        ("grants", "artist", "grant"),
        ("grants", "treasury", "treasury"),
        ("market", "customer", "market"),
        ("node", "market", "market"),
        ("treasury", "market", "market"),
        ("treasury", "somebody", "unknown"),
        ("burn", "somebody", "unknown"),
        ("somebody", "treasury", "unknown"),
        ("somebody", "somebody_else", "unknown"),
    ];
    for (source, dest, class) in expected {
        let (found, rule) = transfer(source, dest);
        assert_eq!(
            (found.as_str(), rule.is_empty()),
            (class, false),
            "{source} to {dest} by {rule}"
        );
    }
}

#[test]
fn between_two_burn_wallets_nobody_pays() {
    let mut rules = rules_of_names();
    rules
        .watch
        .accounts
        .push(crate::chain::render::testing::body::watched("burn_2", Role::Burn));
    let body = Body::new()
        .call(TOKEN, &["burn", "burn_2", "payer"], &plain(3, 5))
        .balance("burn", "burn.owner", Some(5), Some(0))
        .balance("burn_2", "burn_2.owner", Some(0), Some(5));
    let event = rows(&rules, SLOT, &body.transaction()).events.remove(0);
    assert_eq!(
        (event.class.as_str(), event.class_rule.as_str()),
        ("treasury", "between_burn_wallets")
    );
}

#[test]
fn mints_mean_what_their_destination_and_authority_say() {
    assert_eq!(mint("treasury", "payer"), "emission_mint");
    assert_eq!(mint("payout_work", "payer"), "emission_mint");
    assert_eq!(mint("market", "payer"), "upgrade_mint");
    assert_eq!(mint("treasury", "bridge"), "upgrade_mint");
    assert_eq!(mint("somebody", "bridge.owner"), "upgrade_mint");
    assert_eq!(mint("somebody", "payer"), "unknown");
}

#[test]
fn a_transaction_of_several_classes_is_mixed() {
    let body = Body::new()
        .call(TOKEN, &["customer", "burn", "payer"], &plain(3, 5))
        .call(TOKEN, &["burn", "mint", "payer"], &plain(8, 5))
        .balance("customer", "c", Some(5), Some(0))
        .balance("burn", "burn.owner", Some(0), Some(0));
    let rows = rows_of(&body);
    assert_eq!(rows.transaction.class, "mixed");
    let classes: Vec<&str> = rows.events.iter().map(|event| event.class.as_str()).collect();
    assert_eq!(classes, ["job_payment", "job_burn"]);
}

#[test]
fn an_unexplained_difference_leaves_the_class_of_what_is_explained() {
    let body = Body::new()
        .call(TOKEN, &["customer", "burn", "payer"], &plain(3, 5))
        .balance("customer", "c", Some(5), Some(0))
        .balance("burn", "burn.owner", Some(0), Some(4));
    let row = rows_of(&body).transaction;
    assert_eq!((row.class.as_str(), row.events, row.unexplained), ("job_payment", 1, 1));
    let alone = Body::new().balance("burn", "burn.owner", Some(0), Some(4));
    let row = rows_of(&alone).transaction;
    assert_eq!((row.class.as_str(), row.events, row.unexplained), ("unknown", 0, 1));
}

#[test]
fn what_moves_nothing_has_no_class() {
    let body = Body::new()
        .call(TOKEN, &["burn", "payer"], &[6, 3, 0])
        .call(TOKEN, &["old", "payer", "payer"], &[9])
        .balance("burn", "burn.owner", Some(1), Some(1))
        .balance("old", "o", Some(0), None);
    let rows = rows_of(&body);
    assert_eq!((rows.transaction.class.as_str(), rows.transaction.events), ("none", 2));
    assert_eq!(
        (rows.events[0].source_role.as_str(), rows.events[0].class.as_str()),
        ("burn", "")
    );
    let bystander = Body::new().call(TOKEN, &["x", "y", "payer"], &plain(3, 1));
    let rows = rows_of(&bystander);
    assert_eq!(
        (rows.transaction.class.as_str(), rows.events.len(), rows.changes.len()),
        ("none", 0, 0)
    );
}

#[test]
fn a_change_says_whether_its_account_is_followed_and_as_what_it_counts() {
    let body = Body::new()
        .balance("burn", "burn.owner", Some(1), Some(1))
        .balance("second", "burn.owner", Some(1), Some(1))
        .balance("else", "somebody", Some(1), Some(1));
    let rows = rows_of(&body);
    let found: Vec<_> = rows
        .changes
        .iter()
        .map(|one| (one.account.clone(), one.watched, one.role.as_str()))
        .collect();
    let expected = [
        (key("burn"), 1, "burn"),
        (key("second"), 0, "burn"),
        (key("else"), 0, ""),
    ];
    assert_eq!(found, expected);
}
