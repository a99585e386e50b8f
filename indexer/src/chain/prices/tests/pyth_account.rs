//! The account of a feed: its address, its owner, its bytes.

use super::*;
use crate::chain::prices::Status;
use solana_pubkey::Pubkey;
use std::str::FromStr;

/// Feeds and the addresses that the census of September 2026 lists for both stacks.
const CENSUS: [(&str, &str, &str); 3] = [
    (
        "3d4a2bd9535be6ce8059d75eadeba507b043257321aa544717c56fa19b49e35d",
        "HAm5DZhrgrWa12heKSxocQRyJWGCtXegC77hFQ8F5QTH",
        "CQunoG15nDNGdM4C4JnDmYMEmZFnTkD5eSJGf118MfWR",
    ),
    (
        "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d",
        "7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE",
        "7AviUf9nL62mcxNbQGKm4nKDQnPjswo6c5MX4D57HmyE",
    ),
    (
        AKT_FEED,
        "6EwXyUq4YBq8SzaJZKNvXwmdiauqkJhxL31SqF5U52nG",
        "ECxq9FjHBNGPDhpd47s4sMvVmGBFvQTpWQdMcV87tbHi",
    ),
];

#[test]
fn the_addresses_are_those_that_the_push_oracle_derives_from_the_feed() {
    for (feed, original, upgraded) in CENSUS {
        let feed = hex::decode(feed).unwrap();
        for (stack, address) in [(Stack::Original, original), (Stack::Upgraded, upgraded)] {
            let program = Pubkey::from_str(stack.push_oracle()).unwrap();
            let (derived, _) = Pubkey::find_program_address(&[&0_u16.to_le_bytes(), &feed], &program);
            assert_eq!(derived.to_string(), address, "{stack:?}");
        }
    }
}

#[test]
fn the_discriminator_is_that_of_the_account_s_name() {
    use sha2::Digest;
    let hash = sha2::Sha256::digest(b"account:PriceUpdateV2");
    assert_eq!(hash[..8], Account::default().discriminator);
}

#[track_caller]
fn refused(account: &Account, why: &str) {
    let tick = tick(pyth(account));
    assert_eq!((tick.status, tick.price), (Status::Refused, None), "{tick:?}");
    assert!(tick.reason.contains(why), "{}", tick.reason);
}

#[test]
fn what_is_not_the_account_that_is_meant_gives_no_price() {
    let base = Account::default;
    refused(
        &Account {
            owner: Stack::Upgraded.owner(),
            ..base()
        },
        "belongs to rec2HHDD",
    );
    refused(
        &Account {
            discriminator: [1; 8],
            ..base()
        },
        "no PriceUpdateV2",
    );
    refused(&Account { level: 0, ..base() }, "in part only (78 signatures)");
    refused(&Account { level: 2, ..base() }, "level 2");
    let other = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
    refused(&Account { feed: other, ..base() }, "holds feed ef0d8b6f");
}

#[test]
fn exponents_and_numbers_beyond_what_a_price_can_be_are_refused() {
    for exponent in [-19, 10, i32::MIN, i32::MAX] {
        refused(
            &Account {
                exponent,
                ..Account::default()
            },
            "exponent",
        );
    }
    let large = Account {
        confidence: u64::MAX,
        exponent: 9,
        ..Account::default()
    };
    refused(&large, "out of range");
    let extreme = Account {
        price: i64::MIN,
        exponent: 0,
        published_s: i64::MIN,
        ..Account::default()
    };
    assert_eq!(
        tick(pyth(&extreme)).status,
        Status::Negative,
        "the extremes do not wrap"
    );
}

#[test]
fn any_length_of_account_is_read_or_refused_without_a_panic() {
    let whole = Account::default().bytes();
    for length in 0..whole.len() + 500 {
        let mut data = whole.clone();
        data.resize(length, 0);
        let account = serde_json::json!({"owner": Stack::Original.owner(), "data": STANDARD.encode(data)});
        let body = serde_json::json!({"slot": 1, "accounts": [account]}).to_string();
        let tick = tick(served(Question::Pyth(vec![akt_feed()]), vec![body]));
        let good = (133..=512).contains(&length);
        assert_eq!(tick.status == Status::Ok, good, "{length}: {}", tick.reason);
    }
}

#[test]
fn an_account_that_is_not_there_is_told_so() {
    let body = r#"{"slot":7,"accounts":[null]}"#;
    let tick = tick(served(Question::Pyth(vec![akt_feed()]), vec![body.into()]));
    assert!(tick.reason.contains("no such account"), "{}", tick.reason);
    let two = r#"{"slot":7,"accounts":[null,null]}"#;
    let tick = super::tick(served(Question::Pyth(vec![akt_feed()]), vec![two.into()]));
    assert!(
        tick.reason.contains("2 accounts were answered, 1 asked for"),
        "{}",
        tick.reason
    );
}
