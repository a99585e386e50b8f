//! Layouts: the bytes that were executed on a node (reference run), then the edges.
#![allow(clippy::unwrap_used)]

use super::{Action, Operation, Owner, Part, Reading, parts, read};
use crate::chain::render::model::Program;

const NINE: [u8; 9] = [10, 11, 12, 13, 14, 15, 16, 17, 18];

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text.replace(' ', "")).unwrap()
}

fn known(data: &str) -> Operation<'static> {
    match read(Program::Token, &NINE, &hex(data)) {
        Reading::Known(operation) => operation,
        Reading::Unknown { tag } => panic!("{tag} is not understood"),
    }
}

fn unknown(program: Program, accounts: &[u8], data: &[u8]) -> Option<u8> {
    match read(program, accounts, data) {
        Reading::Known(_) => None,
        Reading::Unknown { tag } => Some(tag),
    }
}

#[test]
fn mints_are_read_with_their_amount() {
    let action = |amount| Action::Mint {
        mint: 10,
        dest: 11,
        authority: 12,
        amount,
    };
    let plain = known("07 001796542c450000");
    assert_eq!((plain.name, plain.action), ("mintTo", action(76_056_700_000_000)));
    let checked = known("0e 0098f73e5d010000 08");
    assert_eq!(
        (checked.name, checked.action),
        ("mintToChecked", action(1_500_000_000_000))
    );
}

#[test]
fn burns_are_read_with_their_amount() {
    let action = |amount| Action::Burn {
        source: 10,
        mint: 11,
        authority: 12,
        amount,
    };
    let plain = known("08 0088526a74000000");
    assert_eq!((plain.name, plain.action), ("burn", action(500_000_000_000)));
    let checked = known("0f 620d6af776000000 08");
    assert_eq!((checked.name, checked.action), ("burnChecked", action(510_957_063_522)));
}

#[test]
fn a_plain_transfer_names_no_mint_and_a_checked_one_does() {
    let plain = known("03 6295bc61eb000000");
    let action = Action::Transfer {
        source: 10,
        dest: 11,
        authority: 12,
        mint: None,
        amount: 1_010_957_063_522,
    };
    assert_eq!(
        (plain.name, plain.action, plain.extra),
        ("transfer", action, &NINE[3..])
    );
    let checked = known("0c 351cdcdf02000000 08");
    let action = Action::Transfer {
        source: 10,
        dest: 12,
        authority: 13,
        mint: Some(11),
        amount: 12_345_678_901,
    };
    assert_eq!(
        (checked.name, checked.action, checked.extra),
        ("transferChecked", action, &NINE[4..])
    );
}

#[test]
fn base58_of_the_reference_run_gives_the_same_bytes() {
    let pairs = [
        ("6AkYErQGnrmD", "07001796542c450000"),
        ("ndP35BKrZescj", "0e0098f73e5d01000008"),
        ("gnAD8JFHWqoAw", "0c351cdcdf0200000008"),
        ("3VwxdTf1mCs1", "036295bc61eb000000"),
        ("6ueLDtv6BptP", "080088526a74000000"),
        ("s8Kjbw5dBLpBH", "0f620d6af77600000008"),
        (
            "QFNwomThGkvXkYAWjGJtmyK2DnH9uFVEw",
            "ff0309030700000000000000040a0c090000000000000008",
        ),
    ];
    for (base58, bytes) in pairs {
        assert_eq!(bs58::decode(base58).into_vec().unwrap(), hex(bytes), "{base58}");
    }
}

#[test]
fn a_batch_hands_its_accounts_to_its_parts_in_order() {
    let data = hex("ff 0309 030700000000000000 040a 0c090000000000000008");
    let accounts = [1, 2, 3, 1, 9, 2, 3, 77];
    let found = parts(&accounts, &data).unwrap();
    let part = |batch, accounts, data| Part {
        batch: Some(batch),
        accounts,
        data,
    };
    assert_eq!(
        found,
        [
            part(0, &[1, 2, 3][..], &data[3..12]),
            part(1, &[1, 9, 2, 3][..], &data[14..24])
        ],
        "the account 77 behind them is nobody's"
    );
}

#[test]
fn a_batch_that_is_cut_off_short_of_accounts_or_nested_is_none() {
    let whole = hex("ff 0309 030700000000000000");
    assert!(parts(&[1, 2, 3], &whole).is_some());
    for cut in 1..whole.len() {
        assert_eq!(parts(&[1, 2, 3], &whole[..cut]), None, "cut at {cut}");
    }
    assert_eq!(parts(&[1, 2], &whole), None, "too few accounts");
    assert_eq!(
        parts(&[1, 2, 3], &hex("ff 000d ff 0309 030700000000000000")),
        None,
        "nested"
    );
}

#[test]
fn an_instruction_that_is_no_batch_is_its_only_part() {
    let part = Part {
        batch: None,
        accounts: &[1, 2, 3],
        data: &[9],
    };
    assert_eq!(parts(&[1, 2, 3], &[9]), Some(vec![part]));
    assert_eq!(parts(&[], &[]).unwrap().len(), 1, "and so is one without data");
}

#[test]
fn a_transfer_with_fee_is_read_on_token_2022_only() {
    let data = hex("1a 01 e803000000000000 08 0a00000000000000");
    let Reading::Known(operation) = read(Program::Token2022, &NINE, &data) else {
        panic!("not understood");
    };
    let action = Action::Transfer {
        source: 10,
        dest: 12,
        authority: 13,
        mint: Some(11),
        amount: 1_000,
    };
    assert_eq!((operation.name, operation.action), ("transferCheckedWithFee", action));
    assert_eq!(unknown(Program::Token, &NINE, &data), Some(26));
    assert_eq!(unknown(Program::Token2022, &NINE, &data[..18]), Some(26), "cut off");
}

#[test]
fn what_moves_tokens_untold_stays_unknown() {
    for (tag, sub) in [
        (26, 2),
        (26, 3),
        (27, 5),
        (37, 1),
        (42, 3),
        (46, 1),
        (47, 0),
        (200, 0),
        (254, 0),
    ] {
        assert_eq!(
            unknown(Program::Token2022, &NINE, &[tag, sub]),
            Some(tag),
            "{tag} {sub}"
        );
    }
    for tag in (25..255).filter(|tag| ![38, 45].contains(tag)) {
        assert_eq!(unknown(Program::Token, &NINE, &[tag; 40]), Some(tag), "{tag}");
    }
}

#[test]
fn what_moves_nothing_is_known_to_move_nothing() {
    for tag in [0, 2, 4, 5, 10, 11, 13, 17, 19, 20, 21, 22, 23, 24, 38, 45] {
        for program in [Program::Token, Program::Token2022] {
            let Reading::Known(operation) = read(program, &[], &[tag]) else {
                panic!("{tag} is not understood");
            };
            assert_eq!(operation.action, Action::Nothing, "{}", operation.name);
        }
    }
}

#[test]
fn too_few_bytes_or_accounts_are_not_understood() {
    let whole = [
        ("03 0700000000000000", 3),
        ("07 0700000000000000", 3),
        ("08 0700000000000000", 3),
        ("0c 0700000000000000 08", 4),
        ("0e 0700000000000000 08", 3),
        ("0f 0700000000000000 08", 3),
        ("06 00 00", 2),
        ("09", 3),
        ("01", 3),
    ];
    for (data, accounts) in whole {
        let data = hex(data);
        assert_eq!(unknown(Program::Token, &NINE[..accounts], &data), None, "{data:?}");
        assert_eq!(unknown(Program::Token, &NINE[..accounts - 1], &data), Some(data[0]));
        let cut = unknown(Program::Token, &NINE[..accounts], &data[..data.len() - 1]);
        assert!(cut.is_some() || data.len() == 1, "{data:?}");
    }
    assert_eq!(unknown(Program::Token, &[], &[]), Some(0), "no byte at all");
}

#[test]
fn bytes_behind_the_last_field_are_allowed() {
    assert_eq!(known("08 0700000000000000 ffff").name, "burn");
    assert_eq!(known("09 00").name, "closeAccount");
}

#[test]
fn authorities_are_named_and_may_be_given_up() {
    let new = "11".repeat(32);
    let owner = known(&format!("06 02 01 {new}"));
    let Action::SetAuthority {
        which, is_owner, new, ..
    } = owner.action
    else {
        panic!("{owner:?}");
    };
    assert_eq!(
        (which.as_str(), is_owner, new),
        ("accountOwner", true, bs58::encode([0x11; 32]).into_string())
    );
    for (number, name) in [(0, "mintTokens"), (1, "freezeAccount"), (3, "closeAccount"), (99, "99")] {
        let operation = known(&format!("06 {number:02x} 00"));
        let Action::SetAuthority {
            which, is_owner, new, ..
        } = operation.action
        else {
            panic!("{operation:?}");
        };
        assert_eq!((which.as_str(), is_owner, new.as_str()), (name, false, ""));
    }
    assert_eq!(
        unknown(Program::Token, &NINE, &[6, 0, 1, 5]),
        Some(6),
        "a key of one byte"
    );
    assert_eq!(
        unknown(Program::Token, &NINE, &[6, 0, 2]),
        Some(6),
        "neither some nor none"
    );
}

#[test]
fn the_owner_of_a_new_account_is_an_account_or_in_the_data() {
    let owner = |data: &str| match known(data).action {
        Action::Open {
            account: 10,
            mint: 11,
            owner,
        } => owner,
        other => panic!("{other:?}"),
    };
    let address = Owner::Address(bs58::encode([0x22; 32]).into_string());
    assert_eq!(owner("01"), Owner::Key(12));
    assert_eq!(owner(&format!("10 {}", "22".repeat(32))), address);
    assert_eq!(owner(&format!("12 {}", "22".repeat(32))), address);
    assert_eq!(
        unknown(Program::Token, &NINE, &[18; 32]),
        Some(18),
        "31 bytes are no owner"
    );
}
