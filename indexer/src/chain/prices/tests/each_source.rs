//! Stale, zero, negative and absurd prices of each source stand as they were said, with the verdict beside them.

use super::*;
use crate::chain::prices::{Known, Source, Status};

fn price(tick: &Tick) -> String {
    tick.price.map(|price| price.to_string()).unwrap_or_default()
}

#[track_caller]
fn expect(asked: Asked, status: Status, said: &str, why: &str) {
    let tick = tick(asked);
    assert_eq!(tick.status, status, "{tick:?}");
    assert!(price(&tick).starts_with(said), "{tick:?}");
    assert!(
        tick.reason.contains(why) && (why.is_empty() == tick.reason.is_empty()),
        "{}",
        tick.reason
    );
}

#[test]
fn a_good_price_of_each_source_is_read_to_the_last_digit() {
    let pyth = tick(pyth(&Account::default()));
    assert_eq!(
        (pyth.status, price(&pyth).as_str()),
        (Status::Ok, "0.312500000000000000")
    );
    assert_eq!(pyth.confidence.unwrap().to_string(), "0.000312500000000000");
    assert_eq!(
        (pyth.published_at_ms, pyth.source_height),
        (Some(NOW_MS - 40_000), 402_000_050)
    );
    let osmosis = tick(osmosis("5.123456789012345678", "0.061000000000000000", 5));
    assert_eq!(
        (osmosis.status, price(&osmosis).as_str()),
        (Status::Ok, "0.312530864129753086")
    );
    assert_eq!((osmosis.quote.as_str(), osmosis.source_height), ("USDC", 51_000_000));
    assert_eq!(osmosis.instrument, "pool 3 AKT/OSMO × pool 678 OSMO/USDC");
    let coingecko = tick(coingecko("0.31249999999999997", 60));
    assert_eq!(
        (coingecko.status, price(&coingecko).as_str()),
        (Status::Ok, "0.312499999999999970")
    );
}

#[test]
fn a_stale_price_says_how_old_it_is() {
    let old = Account {
        published_s: NOW_S - 181,
        ..Account::default()
    };
    expect(
        pyth(&old),
        Status::Stale,
        "0.3125",
        "made 181 s before we saw it, more than 180 s",
    );
    expect(osmosis("5", "0.06", 181), Status::Stale, "0.3", "181 s");
    expect(coingecko("0.3", 901), Status::Stale, "0.3", "901 s");
    let undated = served(
        Question::CoingeckoPrices(vec![coin()]),
        vec![r#"{"akash-network":{"usd":0.3}}"#.into()],
    );
    expect(undated, Status::Stale, "0.3", "does not tell when");
}

#[test]
fn the_age_at_the_limit_is_not_stale_yet() {
    let just = Account {
        published_s: NOW_S - 180,
        ..Account::default()
    };
    expect(pyth(&just), Status::Ok, "0.3125", "");
    expect(osmosis("5", "0.06", 180), Status::Ok, "0.3", "");
    expect(coingecko("0.3", 900), Status::Ok, "0.3", "");
}

#[test]
fn zero_is_zero_and_not_missing() {
    let zero = Account {
        price: 0,
        ..Account::default()
    };
    expect(pyth(&zero), Status::Zero, "0.000", "zero");
    expect(osmosis("5", "0", 5), Status::Zero, "0.000", "zero");
    expect(coingecko("0", 5), Status::Zero, "0.000", "zero");
}

#[test]
fn a_negative_price_keeps_its_sign() {
    let below = Account {
        price: -31_250_000,
        ..Account::default()
    };
    expect(pyth(&below), Status::Negative, "-0.3125", "below zero");
    expect(osmosis("-5", "0.06", 5), Status::Negative, "-0.3", "below zero");
    expect(coingecko("-0.3", 5), Status::Negative, "-0.3", "below zero");
    let both = tick(osmosis("-5", "-0.06", 5));
    assert_eq!(both.status, Status::Negative, "two wrongs make no price: {both:?}");
}

#[test]
fn a_price_that_the_asset_cannot_have_is_absurd() {
    let high = Account {
        price: 100_001_000_000,
        confidence: 1,
        ..Account::default()
    };
    expect(pyth(&high), Status::Absurd, "1000.01", "outside of 0.01 to 1000");
    expect(osmosis("5000", "5", 5), Status::Absurd, "25000", "outside");
    expect(coingecko("1e-9", 5), Status::Absurd, "0.000000001", "outside");
}

#[test]
fn a_price_from_the_future_is_absurd() {
    let ahead = Account {
        published_s: NOW_S + 61,
        ..Account::default()
    };
    expect(pyth(&ahead), Status::Absurd, "0.3125", "made 61 s after our clock");
    expect(osmosis("5", "0.06", -61), Status::Absurd, "0.3", "after our clock");
    expect(coingecko("0.3", -61), Status::Absurd, "0.3", "after our clock");
}

#[test]
fn a_price_far_from_the_last_good_one_of_the_same_instrument_is_absurd_for_a_day() {
    for good in [
        pyth(&Account::default()),
        osmosis("5", "0.0625", 5),
        coingecko("0.3125", 5),
    ] {
        let known = |at_ms| {
            let said = tick(good.clone());
            vec![Known {
                asset: said.asset,
                source: said.source,
                instrument: said.instrument,
                price: "1.5625".parse().unwrap(),
                at_ms,
            }]
        };
        let judged = |known| {
            Poll::new(NOW_MS, 7, Rules::default(), known, vec![good.clone()])
                .ticks()
                .remove(0)
        };
        let day_ms = 86_400_000;
        let tick = judged(known(NOW_MS - day_ms));
        assert_eq!(tick.status, Status::Absurd, "{tick:?}");
        assert!(
            tick.reason
                .contains("5 times above or below the last good price 1.5625"),
            "{}",
            tick.reason
        );
        assert_eq!(
            judged(known(NOW_MS - day_ms - 1)).status,
            Status::Ok,
            "prices do move in the end"
        );
        let mut other = known(NOW_MS);
        other[0].instrument = "another".into();
        assert_eq!(judged(other).status, Status::Ok);
    }
}

#[test]
fn only_good_prices_become_the_last_good_one() {
    let bad = [
        coingecko("0", 5),
        coingecko("-1", 5),
        coingecko("99999", 5),
        coingecko("0.3", 5000),
    ];
    for asked in bad {
        let poll = Poll::new(NOW_MS, 7, Rules::default(), Vec::new(), vec![asked]);
        assert_eq!(poll.known_after(&poll.ticks()), Vec::new());
    }
    let poll = Poll::new(NOW_MS, 7, Rules::default(), Vec::new(), vec![coingecko("0.3", 5)]);
    let known = poll.known_after(&poll.ticks());
    assert_eq!(
        (known.len(), known[0].at_ms, known[0].source),
        (1, NOW_MS, Source::Coingecko)
    );
    let next = Poll::new(
        NOW_MS + 60_000,
        7,
        Rules::default(),
        known.clone(),
        vec![coingecko("0", 5)],
    );
    assert_eq!(next.known_after(&next.ticks()), known, "a bad price replaces nothing");
}

#[test]
fn a_source_that_refuses_is_a_tick_without_a_price() {
    for question in [
        Question::Pyth(vec![akt_feed()]),
        Question::OsmosisTwap(route()),
        Question::CoingeckoPrices(vec![coin()]),
        Question::CoingeckoHistory(coin()),
    ] {
        let source = question.source();
        let answer = Answer::Refused {
            code: "unreachable".into(),
            reason: "http://node: connection refused".into(),
        };
        let tick = tick(Asked { question, answer });
        assert_eq!((tick.status, tick.price, tick.source), (Status::Refused, None, source));
        assert_eq!(tick.reason, "unreachable: http://node: connection refused");
    }
}

#[test]
fn answers_that_are_no_answers_are_refusals_with_the_reason() {
    let question = |index: usize| match index {
        0 => Question::Pyth(vec![akt_feed()]),
        1 => Question::OsmosisTwap(route()),
        2 => Question::CoingeckoHistory(coin()),
        _ => Question::CoingeckoPrices(vec![coin()]),
    };
    let bodies = [
        "",
        "{",
        "null",
        "[]",
        "{}",
        r#"{"akash-network":{"usd":null}}"#,
        r#"{"akash-network":{"usd":"0.3"}}"#,
    ];
    for index in 0..4 {
        for body in bodies {
            let tick = tick(served(question(index), vec![body.into()]));
            assert_eq!((tick.status, tick.price), (Status::Refused, None), "{index} {body}");
            assert!(!tick.reason.is_empty());
        }
        assert_eq!(tick(served(question(index), Vec::new())).status, Status::Refused);
    }
    let few = served(Question::OsmosisTwap(route()), {
        let Answer::Served { bodies, .. } = osmosis("5", "0.06", 5).answer else {
            unreachable!()
        };
        bodies[..2].to_vec()
    });
    assert!(tick(few).reason.contains("1 pools were answered, 2 asked for"));
}

#[test]
fn days_of_the_past_are_kept_under_their_own_day_and_name() {
    let day = 1_763_942_400_000_i64;
    let body = format!(
        "{{\"prices\":[[{},0.5],[{day},0.51234567890123],[{},0.6]]}}",
        day - 86_400_000,
        day + 777
    );
    let said = ticks(vec![served(Question::CoingeckoHistory(coin()), vec![body])]);
    let seen: Vec<_> = said
        .iter()
        .map(|tick| (tick.published_at_ms.unwrap(), tick.status))
        .collect();
    assert_eq!(
        seen,
        [(day - 86_400_000, Status::Ok), (day, Status::Ok)],
        "the running day is no day"
    );
    assert_eq!(said[1].source, Source::CoingeckoDaily);
    assert_eq!(price(&said[1]), "0.512345678901230000");
    let unordered = format!("{{\"prices\":[[{day},0.5],[{day},0.6]]}}");
    let said = ticks(vec![served(Question::CoingeckoHistory(coin()), vec![unordered])]);
    assert_eq!((said.len(), said[0].status), (1, Status::Refused), "{}", said[0].reason);
}

#[test]
fn a_document_of_another_form_is_refused() {
    let poll = Poll::new(NOW_MS, 7, Rules::default(), Vec::new(), Vec::new());
    let text = String::from_utf8(poll.to_json().unwrap()).unwrap();
    let other = text.replacen("\"format\":1", "\"format\":2", 1);
    assert!(
        Poll::from_json(other.as_bytes())
            .unwrap_err()
            .to_string()
            .contains("form 2")
    );
    assert!(Poll::from_json(&text.as_bytes()[..text.len() - 1]).is_err());
}
