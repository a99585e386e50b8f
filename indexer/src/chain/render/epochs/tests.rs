//! Epochs: reported boundaries, the weekly rule, and those of a recording.
#![allow(clippy::unwrap_used)]

use super::{EpochBasis, EpochError, EpochTable};
use crate::chain::render::testing::{json, read};
use serde_json::json as value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

fn at(text: &str) -> i64 {
    OffsetDateTime::parse(text, &Rfc3339).unwrap().unix_timestamp()
}

fn epoch(text: &str) -> Option<u32> {
    EpochTable::mainnet().epoch_at(1, at(text))
}

#[test]
fn mainnet_begins_on_the_20th_of_december_2023() {
    assert_eq!(epoch("2023-12-19T23:59:59Z"), None);
    assert_eq!(epoch("2023-12-20T00:00:00Z"), Some(1));
    assert_eq!(EpochTable::mainnet().ended_before(1, at("2023-12-21T00:00:00Z")), None);
}

#[test]
fn the_first_boundaries_are_the_reported_ones_and_each_moment_has_one_epoch() {
    assert_eq!(
        epoch("2023-12-27T01:59:59Z"),
        Some(1),
        "two hours that no report names belong to the epoch before"
    );
    assert_eq!(epoch("2023-12-27T02:00:00Z"), Some(2));
    assert_eq!(
        epoch("2024-01-03T00:00:00Z"),
        Some(3),
        "two hours that two reports name belong to the later"
    );
    assert_eq!(epoch("2024-01-10T01:59:59Z"), Some(3));
    assert_eq!(epoch("2024-01-17T00:00:00Z"), Some(5));
}

#[test]
fn every_reported_epoch_is_where_it_was_reported_to_begin() {
    let table = EpochTable::mainnet();
    let reported = json("render-reported/epoch_burn_stats_20251031.json");
    let reported = reported["data"].as_array().unwrap();
    assert_eq!(reported.len(), 97);
    for one in reported {
        let number = u32::try_from(one["id"].as_u64().unwrap()).unwrap();
        let begins = at(one["startDate"].as_str().unwrap());
        let boundary = table.boundary(number).unwrap();
        assert_eq!(
            (boundary.starts_at, boundary.basis),
            (begins, EpochBasis::Reported),
            "{number}"
        );
        assert_eq!(table.epoch_at(0, begins), Some(number));
    }
}

#[test]
fn after_the_reported_epochs_the_weekly_rule_goes_on() {
    assert_eq!(epoch("2025-10-22T00:00:00Z"), Some(97));
    assert_eq!(epoch("2025-10-28T23:59:59Z"), Some(97));
    assert_eq!(epoch("2025-10-29T00:00:00Z"), Some(98));
    assert_eq!(epoch("2026-11-22T12:00:00Z"), Some(153));
    let table = EpochTable::mainnet();
    assert_eq!(table.ended_before(1, at("2025-10-29T00:00:00Z")), Some(97));
    assert_eq!(table.ended_before(1, at("2025-10-28T23:59:59Z")), Some(96));
    assert_eq!(table.boundary(98).unwrap().basis, EpochBasis::Formula);
    assert_eq!(table.boundary(0), None);
}

#[test]
fn the_list_of_boundaries_has_no_hole_and_ends_with_the_current_epoch() {
    let all = EpochTable::mainnet().boundaries_until(at("2026-11-22T12:00:00Z"));
    assert_eq!((all[0].epoch, all.last().unwrap().epoch), (1, 153));
    for pair in all.windows(2) {
        assert_eq!((pair[0].epoch + 1, pair[0].ends_at), (pair[1].epoch, pair[1].starts_at));
    }
}

#[test]
fn an_epoch_of_a_recording_is_its_first_slot_to_its_last() {
    let table = EpochTable::from_recording(&read("render-world-1/truth_epochs.json")).unwrap();
    for one in json("render-world-1/truth_epochs.json").as_array().unwrap() {
        let number = u32::try_from(one["epoch"].as_u64().unwrap()).unwrap();
        let slot = |name: &str| one[name].as_u64().unwrap();
        let (first, last) = (slot("first_slot"), slot("last_slot"));
        for inside in [first, (first + last) / 2, last] {
            assert_eq!(
                table.epoch_at(inside, 0),
                Some(number),
                "times do not matter where slots are known"
            );
        }
        assert_eq!(
            (table.epoch_at(first - 1, 0), table.epoch_at(last + 1, 0)),
            (None, None)
        );
        assert_eq!(
            table.ended_before(last, i64::MAX),
            number.checked_sub(1).filter(|&before| before > 0)
        );
        assert_eq!(table.ended_before(last + 1, 0), Some(number));
        assert!(table.had_begun(number, first, 0) && !table.had_begun(number, first - 1, 0));
    }
    assert_eq!(table.boundaries_until(0).len(), 14);
    assert_eq!(table.boundary(15), None, "a recording has no weekly rule");
}

#[test]
fn epochs_that_cannot_be_are_refused() {
    let one = |epoch, first, last| value!({"epoch": epoch, "first_slot": first, "last_slot": last, "first_time": first, "last_time": last});
    let table = |epochs: serde_json::Value| EpochTable::from_recording(epochs.to_string().as_bytes());
    assert!(
        table(value!([one(2, 20, 29), one(1, 10, 19)])).is_ok(),
        "their order in the file does not matter"
    );
    assert!(matches!(table(value!([one(1, 19, 10)])), Err(EpochError::Backwards(1))));
    assert!(matches!(
        table(value!([one(1, 10, 19), one(2, 19, 29)])),
        Err(EpochError::Order { epoch: 2, before: 1 })
    ));
    assert!(matches!(
        table(value!([one(1, 10, 19), one(1, 20, 29)])),
        Err(EpochError::Order { .. })
    ));
    assert!(matches!(table(value!([{"epoch": 1}])), Err(EpochError::Json(_))));
    assert!(matches!(
        EpochTable::from_csv("head\n1,yesterday,2023-12-27T00:00:00Z"),
        Err(EpochError::Line { line: 2 })
    ));
}
