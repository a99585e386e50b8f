//! Instructions against balances: what is explained, what is not, and who owned what at the time.
#![allow(clippy::unwrap_used)]

use super::{Event, Kind, explain};
use crate::chain::render::testing::body::{Body, TOKEN, TOKEN_2022, batch_of, checked, key, plain};

/// What happened to the mint: kind, account that lost, account that gained, amount.
type Told = (Kind, String, String, u64);

fn events(body: &Body) -> Vec<Event> {
    explain(&key("mint"), &body.transaction()).unwrap().events
}

fn told(body: &Body) -> Vec<Told> {
    let short = |event: Event| (event.kind, event.source.account, event.dest.account, event.amount);
    events(body).into_iter().map(short).collect()
}

fn one(kind: Kind, source: &str, dest: &str, amount: u64) -> Told {
    let address = |name: &str| if name.is_empty() { String::new() } else { key(name) };
    (kind, address(source), address(dest), amount)
}

#[test]
fn a_movement_that_the_balances_confirm_leaves_nothing_unexplained() {
    let body = Body::new()
        .call(TOKEN, &["a", "mint", "b", "payer"], &checked(12, 30))
        .balance("a", "alice", Some(100), Some(70))
        .balance("b", "bob", Some(5), Some(35));
    let events = events(&body);
    assert_eq!(told(&body), [one(Kind::Transfer, "a", "b", 30)]);
    assert_eq!(
        (&events[0].source.owner, &events[0].dest.owner),
        (&key("alice"), &key("bob"))
    );
    assert_eq!(events[0].authority, key("payer"));
}

#[test]
fn a_transfer_fee_is_an_unexplained_loss_of_the_destination() {
    let mut data = vec![26, 1];
    data.extend(&checked(0, 1_000)[1..]);
    data.extend(30_u64.to_le_bytes());
    let body = Body::new()
        .call(TOKEN_2022, &["a", "mint", "b", "payer"], &data)
        .balance("a", "alice", Some(1_000), Some(0))
        .balance("b", "bob", Some(0), Some(970));
    assert_eq!(
        told(&body),
        [
            one(Kind::Transfer, "a", "b", 1_000),
            one(Kind::UnexplainedDelta, "b", "", 30)
        ]
    );
    let events = events(&body);
    assert_eq!((events[0].sign, events[1].sign), (1, -1));
    assert_eq!(events[1].source.owner, key("bob"));
}

#[test]
fn an_unknown_instruction_is_kept_and_what_it_did_is_unexplained() {
    let body = Body::new()
        .call(TOKEN, &["a", "b", "payer"], &[99, 1, 2])
        .balance("a", "alice", Some(10), Some(4))
        .balance("b", "bob", None, Some(6));
    let explained = explain(&key("mint"), &body.transaction()).unwrap();
    let unknown = &explained.unknown[0];
    assert_eq!(
        (unknown.tag, unknown.data.as_slice(), unknown.place.outer),
        (99, [99, 1, 2].as_slice(), 0)
    );
    assert_eq!(unknown.accounts, [key("a"), key("b"), key("payer")]);
    assert_eq!(
        told(&body),
        [
            one(Kind::UnexplainedDelta, "a", "", 6),
            one(Kind::UnexplainedDelta, "", "b", 6)
        ]
    );
}

#[test]
fn a_movement_that_no_instruction_shows_is_unexplained_with_its_sign_and_account() {
    let body = Body::new()
        .balance("b", "bob", Some(0), Some(7))
        .balance("a", "alice", Some(7), Some(0))
        .balance("c", "carol", Some(1), Some(1));
    let places: Vec<i32> = events(&body).iter().map(|event| event.place.batch).collect();
    assert_eq!(places, [0, 1], "each has a place of its own");
    assert_eq!(
        told(&body),
        [
            one(Kind::UnexplainedDelta, "a", "", 7),
            one(Kind::UnexplainedDelta, "", "b", 7)
        ],
        "in the order of their addresses"
    );
    assert!(events(&body).iter().all(|event| !event.via_batch()));
}

#[test]
fn an_amount_that_was_changed_in_the_body_shows() {
    let honest = |amount, after| {
        Body::new()
            .call(TOKEN, &["a", "mint", "payer"], &plain(8, amount))
            .balance("a", "alice", Some(100), Some(after))
    };
    assert_eq!(told(&honest(40, 60)), [one(Kind::Burn, "a", "", 40)]);
    let more = told(&honest(41, 60));
    assert_eq!(
        more,
        [one(Kind::Burn, "a", "", 41), one(Kind::UnexplainedDelta, "", "a", 1)]
    );
    let kept = told(&honest(40, 61));
    assert_eq!(
        kept,
        [one(Kind::Burn, "a", "", 40), one(Kind::UnexplainedDelta, "", "a", 1)]
    );
}

#[test]
fn an_account_that_lives_within_the_transaction_is_told_by_the_instruction_that_opens_it() {
    let bob = bs58::decode(key("bob")).into_vec().unwrap();
    let mut open = vec![18];
    open.extend(bob);
    let body = Body::new()
        .call(TOKEN, &["t", "mint"], &open)
        .call(TOKEN, &["a", "t", "payer"], &plain(3, 9))
        .call(TOKEN, &["t", "b", "payer"], &plain(3, 9))
        .call(TOKEN, &["t", "payer", "payer"], &[9])
        .balance("a", "alice", Some(9), Some(0))
        .balance("b", "bert", Some(0), Some(9));
    assert_eq!(
        told(&body),
        [
            one(Kind::Transfer, "a", "t", 9),
            one(Kind::Transfer, "t", "b", 9),
            one(Kind::Close, "t", "payer", 0)
        ]
    );
    let events = events(&body);
    assert_eq!(
        (&events[0].dest.owner, &events[1].source.owner),
        (&key("bob"), &key("bob"))
    );
    let changes = explain(&key("mint"), &body.transaction()).unwrap().changes;
    assert_eq!(changes.len(), 2, "no balance lists the account in between");
}

#[test]
fn a_movement_whose_mint_nothing_tells_is_kept_with_empty_fields() {
    let body = Body::new()
        .call(TOKEN, &["x", "y", "payer"], &plain(3, 9))
        .balance("a", "alice", Some(1), Some(1));
    let events = events(&body);
    assert_eq!(told(&body), [one(Kind::Transfer, "x", "y", 9)]);
    assert_eq!((events[0].mint.as_str(), events[0].source.owner.as_str()), ("", ""));
}

#[test]
fn a_movement_to_an_account_that_no_balance_lists_does_not_balance() {
    let body = Body::new()
        .call(TOKEN, &["a", "y", "payer"], &plain(3, 9))
        .balance("a", "alice", Some(9), Some(0));
    assert_eq!(
        told(&body),
        [
            one(Kind::Transfer, "a", "y", 9),
            one(Kind::UnexplainedDelta, "y", "", 9)
        ]
    );
}

#[test]
fn movements_of_other_mints_are_not_ours() {
    let body = Body::new()
        .call(TOKEN, &["x", "other", "y", "payer"], &checked(12, 9))
        .call(TOKEN, &["other", "y", "payer"], &plain(7, 9))
        .balance("a", "alice", Some(1), Some(1));
    assert_eq!(told(&body), []);
    let elsewhere = Body::new().call(TOKEN, &["x", "payer"], &[99]);
    assert_eq!(explain(&key("mint"), &elsewhere.transaction()).unwrap().unknown, []);
}

#[test]
fn an_owner_is_the_one_of_that_moment() {
    let mut hand_over = vec![6, 2, 1];
    hand_over.extend(bs58::decode(key("mallory")).into_vec().unwrap());
    let body = Body::new()
        .call(TOKEN, &["a", "mint", "payer"], &plain(8, 1))
        .call(TOKEN, &["a", "payer"], &hand_over)
        .call(TOKEN, &["a", "mint", "payer"], &plain(8, 2))
        .handed_over("a", "alice", "mallory", (10, 7));
    let owners: Vec<String> = events(&body).into_iter().map(|event| event.source.owner).collect();
    assert_eq!(owners, [key("alice"), key("alice"), key("mallory")]);
    let change = &explain(&key("mint"), &body.transaction()).unwrap().changes[0];
    assert_eq!((&change.owner_before, &change.owner), (&key("alice"), &key("mallory")));
    assert_eq!(events(&body)[1].new_authority, key("mallory"));
}

#[test]
fn the_mint_itself_may_change_its_authority() {
    let body = Body::new().call(TOKEN, &["mint", "payer"], &[6, 0, 0]);
    let event = &events(&body)[0];
    assert_eq!(
        (event.kind, event.authority_type.as_str(), event.new_authority.as_str()),
        (Kind::SetAuthority, "mintTokens", "")
    );
    assert_eq!((&event.source.account, &event.mint), (&key("mint"), &key("mint")));
}

#[test]
fn new_and_closed_accounts_are_marked() {
    let body = Body::new()
        .call(TOKEN, &["old", "new", "payer"], &plain(3, 5))
        .balance("new", "bob", None, Some(5))
        .balance("old", "alice", Some(5), None);
    let explained = explain(&key("mint"), &body.transaction()).unwrap();
    let marks: Vec<_> = explained
        .changes
        .iter()
        .map(|one| (one.account.as_str(), one.created, one.closed, one.pre, one.post))
        .collect();
    let (old, new) = (key("old"), key("new"));
    assert_eq!(
        marks,
        [(old.as_str(), false, true, 5, 0), (new.as_str(), true, false, 0, 5)]
    );
    assert_eq!(explained.events.len(), 1);
}

#[test]
fn members_of_a_multisig_are_those_behind_the_fixed_accounts_that_signed() {
    let body = Body::new()
        .signed_by("m1")
        .signed_by("m2")
        .call(TOKEN, &["a", "mint", "multisig", "m1", "m2", "hook"], &plain(8, 1))
        .balance("a", "multisig", Some(1), Some(0));
    let event = &events(&body)[0];
    assert_eq!(event.authority, key("multisig"));
    assert_eq!(event.signers, [key("m1"), key("m2")]);
    assert_eq!(event.source.owner, key("multisig"));
}

#[test]
fn a_broken_batch_is_unknown_as_a_whole() {
    let mut data = batch_of(&[(3, plain(3, 7)), (3, plain(3, 2))]);
    data.pop();
    let body = Body::new()
        .call(TOKEN, &["a", "b", "payer", "a", "b", "payer"], &data)
        .balance("a", "alice", Some(9), Some(0))
        .balance("b", "bob", Some(0), Some(9));
    let explained = explain(&key("mint"), &body.transaction()).unwrap();
    assert_eq!((explained.unknown.len(), explained.unknown[0].tag), (1, 255));
    let kinds: Vec<Kind> = explained.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [Kind::UnexplainedDelta; 2], "no half of it counts");
}

#[test]
fn a_difference_that_no_amount_can_be_is_an_error() {
    let body = Body::new()
        .call(TOKEN, &["mint", "a", "payer"], &plain(7, u64::MAX))
        .call(TOKEN, &["mint", "a", "payer"], &plain(7, u64::MAX))
        .balance("a", "alice", Some(0), Some(0));
    let error = explain(&key("mint"), &body.transaction()).unwrap_err();
    assert_eq!((error.account, error.difference), (key("a"), -2 * i128::from(u64::MAX)));
}

#[test]
fn a_failed_transaction_did_nothing() {
    let mut body =
        Body::new()
            .call(TOKEN, &["a", "mint", "payer"], &plain(8, 4))
            .balance("a", "alice", Some(1), Some(1));
    body.err = serde_json::json!({"InstructionError": [0, {"Custom": 1}]});
    assert_eq!(
        explain(&key("mint"), &body.transaction()).unwrap(),
        super::Explained::default()
    );
}
