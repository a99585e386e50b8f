//! The published documents as they lie in the test data, and hostile ones.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::chain::akash::dec::Dec;

fn published(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/../testdata/render-reported/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn dec(text: &str) -> Option<Dec> {
    Some(text.parse().unwrap())
}

/// Sum of a column in whole units, rounded as the reference prints it.
fn sum(rows: &[ReportedEpoch], field: impl Fn(&ReportedEpoch) -> Option<Dec>) -> i128 {
    let half: Dec = "0.5".parse().unwrap();
    let values = rows.iter().filter_map(field);
    values.fold(half, |sum, value| sum.add(value).unwrap()).trunc()
}

#[test]
fn the_97_reported_epochs_are_read_exactly() {
    let document = read(&published("epoch_burn_stats_20251031.json")).unwrap();
    assert_eq!(
        (document.kind, document.epochs.len(), document.dropped),
        (Kind::BurnStats, 97, 0)
    );
    assert_eq!(document.timestamp_ms, Some(1_757_095_648_447));
    let first = &document.epochs[0];
    assert_eq!(
        (first.source, first.epoch, first.starts_at_ms),
        (FOUNDATION, 1, 1_703_030_400_000)
    );
    assert_eq!(
        (first.burned, first.burned_usd, first.credits),
        (dec("14998.5"), dec("75489.99875855217"), dec("288038.05"))
    );
    assert_eq!((first.wallets_paid, first.work_paid), (None, None));
    let second = &document.epochs[1];
    assert_eq!(
        (second.starts_at_ms, second.ends_at_ms),
        (1_703_642_400_000, 1_704_247_200_000),
        "at 02:00Z, as reported"
    );
    let numbers: Vec<u32> = document.epochs.iter().map(|row| row.epoch).collect();
    assert_eq!(numbers, (1..=97).collect::<Vec<u32>>());
    // Every number again, straight from the characters of the document.
    let text = String::from_utf8(published("epoch_burn_stats_20251031.json")).unwrap();
    for (key, field) in [("burnedRender", 0), ("burnedRenderUSDCAmt", 1), ("totalRenderUsed", 2)] {
        let mark = format!("\"{key}\":");
        let stated = text
            .split(&mark)
            .skip(1)
            .map(|rest| rest.split([',', '\n', '}']).next().unwrap().trim());
        let got = document
            .epochs
            .iter()
            .map(|row| [row.burned, row.burned_usd, row.credits][field]);
        assert_eq!(stated.map(dec).collect::<Vec<_>>(), got.collect::<Vec<_>>(), "{key}");
    }
}

#[test]
fn the_bare_list_gives_the_same_rows_as_the_envelope() {
    let whole = published("epoch_burn_stats_20251031.json");
    let document: serde_json::Value = serde_json::from_slice(&whole).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let (from, to) = (text.find('[').unwrap(), text.rfind(']').unwrap());
    let bare = read(&text.as_bytes()[from..=to]).unwrap();
    assert_eq!(bare.epochs, read(&whole).unwrap().epochs);
    assert_eq!(bare.timestamp_ms, None);
    assert_ne!(
        bare.sha256,
        read(&whole).unwrap().sha256,
        "another document all the same"
    );
    assert_eq!(document["data"].as_array().unwrap().len(), bare.epochs.len());
}

#[test]
fn rows_from_ten_thousand_on_are_dropped_and_counted_and_new_keys_are_let_be() {
    let text = r#"[{"id":9999,"startDate":"2023-12-20T00:00:00.000Z","endDate":"2023-12-27T00:00:00Z","burnedRender":"1.5",
        "burnedRenderUSDCAmt":null,"nodeOperatorReward":{"a":[1]},"latest_node_operator_due":7},
        {"id":10000,"burnedRender":1},{"id":10001,"startDate":"never","burnedRender":-1}]"#;
    let document = read(text.as_bytes()).unwrap();
    assert_eq!((document.epochs.len(), document.dropped), (1, 2));
    let row = &document.epochs[0];
    assert_eq!(
        (row.burned, row.burned_usd, row.credits),
        (dec("1.5"), None, None),
        "absent is not zero"
    );
}

#[test]
fn the_table_of_epochs_gives_what_a_query_saw_and_no_second_witness_for_burns() {
    let document = read(&published("render_epochs_1_97.csv")).unwrap();
    assert_eq!((document.kind, document.epochs.len()), (Kind::EpochTable, 97));
    assert!(
        document
            .epochs
            .iter()
            .all(|row| row.source == DUNE && row.burned.is_none())
    );
    let last = &document.epochs[96];
    assert_eq!(last.wallets_paid, Some(258));
    assert_eq!(
        (last.work_paid, last.availability_paid),
        (dec("14997.95426397"), dec("2884.6153828"))
    );
    // The totals that the reference states, to the unit.
    assert_eq!(sum(&document.epochs, |row| row.work_paid), 2_373_196);
    assert_eq!(sum(&document.epochs, |row| row.availability_paid), 124_041);
    let burned = read(&published("epoch_burn_stats_20251031.json")).unwrap();
    assert_eq!(sum(&burned.epochs, |row| row.burned), 799_639);
    assert_eq!(sum(&burned.epochs, |row| row.burned_usd), 3_950_659);
}

#[test]
fn the_table_of_liabilities_gives_six_channels() {
    let document = read(&published("render_liability_epochs.csv")).unwrap();
    assert_eq!((document.kind, document.liabilities.len()), (Kind::LiabilityTable, 206));
    let due = |channel: &str| -> u64 {
        let of = document.liabilities.iter().filter(|row| row.channel == channel);
        (of.map(|row| row.amount_due).sum::<u64>() + 50_000_000) / 100_000_000
    };
    for (channel, whole) in [
        ("node_operator", 2_139_663),
        ("availability", 210_741),
        ("open_compute", 518_402),
        ("upgrade", 1_141_976),
        ("render_compute_network", 1_066),
        ("render_compute_network_bonus", 820),
    ] {
        assert_eq!(due(channel), whole, "{channel}");
    }
}

#[test]
fn a_liability_record_keeps_its_wallets_as_written() {
    let bytes = published("liability_epoch97_example.json");
    let document = read(&bytes).unwrap();
    assert_eq!((document.kind, document.liabilities.len()), (Kind::Liabilities, 1));
    let records = liability::read(&bytes).unwrap();
    let record = &records[0];
    assert_eq!(
        (record.epoch, record.channel.as_str(), record.amount_due),
        (97, "node_operator", 1_499_999_999_867)
    );
    assert_eq!(document.liabilities[0], record.reported());
    assert_eq!(record.wallets.len(), 253);
    assert_eq!(
        record.wallets[0].address,
        "E33TfbuYirKkFugfbt1dURyf2FtrPHS6G83DxKc2VzBF"
    );
    assert_eq!(record.wallets[0].measure("obhUsed"), dec("59118"));
    assert_eq!(record.wallets[0].measure("other"), None);
}

#[test]
fn numbers_are_read_from_their_text_and_never_rounded() {
    let read = |text: &str| number::decimal("here", text).map(|value| value.to_string());
    for (text, expected) in [
        ("0.1", "0.100000000000000000"),
        ("4.5e4", "45000.000000000000000000"),
        ("1E-18", "0.000000000000000001"),
        ("9007199254740993.1", "9007199254740993.100000000000000000"),
        ("1.100000000000000000000000", "1.100000000000000000"),
        ("-0.5", "-0.500000000000000000"),
        ("12.5e-3", "0.012500000000000000"),
    ] {
        assert_eq!(read(text).unwrap(), expected, "{text}");
    }
    for text in [
        "",
        ".",
        "1.",
        "e5",
        "1e",
        "1e99",
        "0.1234567890123456789",
        "NaN",
        "١",
        "0x10",
        "1 ",
        "--1",
        "+1",
        "1e400000000000",
    ] {
        if text != "1." {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
    assert!(number::amount("here", "-1").is_err());
    assert!(number::whole("here", "1.5").is_err());
    assert_eq!(number::whole("here", "18446744073709551615").unwrap(), u64::MAX);
    assert!(number::whole("here", "18446744073709551616").is_err());
}

#[test]
fn what_is_not_as_published_is_refused_with_its_place() {
    let epoch = |more: &str| {
        format!(
            r#"[{{"id":5,"startDate":"2024-01-17T00:00:00Z","endDate":"2024-01-24T00:00:00Z","burnedRender":1{more}}}]"#
        )
    };
    let liability = |wallets: &str| {
        format!(
            r#"{{"epochId":3,"channel":"node_operator","start":"2024-01-17T00:00:00Z","end":"2024-01-24T00:00:00Z","amountDue":5,"metadataBySolKey":{wallets}}}"#
        )
    };
    let header = "epoch,start,end,any_recipients,work_render,avail_render";
    let cases = [
        (String::new(), "empty"),
        ("{}".to_owned(), "keys"),
        ("[]".to_owned(), "empty"),
        ("[1]".to_owned(), "objects"),
        ("[{\"id\":1".to_owned(), "not JSON"),
        ("a,b\n1,2".to_owned(), "columns a, b"),
        (epoch(r#","totalRenderUsed":-1"#), "epoch 5, totalRenderUsed"),
        (epoch(r#","totalRenderUsed":1e-30"#), "18 places"),
        (epoch(r#","burnedRenderUSDCAmt":"a lot""#), "epoch 5, burnedRenderUSDCAmt"),
        (epoch("").replace("2024-01-24", "2024-01-10"), "ends before"),
        (epoch("").replace("2024-01-24T", "24th "), "no time"),
        (epoch("").replace('5', "-5"), "below zero"),
        (epoch("").replace('[', "[{\"id\":5,\"startDate\":\"2024-01-17T00:00:00Z\",\"endDate\":\"2024-01-24T00:00:00Z\",\"burnedRender\":2},"), "epoch 5: it is there twice"),
        (liability(r#"{"a":{"obhUsed":1},"a":{"obhUsed":2}}"#), "twice"),
        (liability(r#"{"a":{"obhUsed":1,"obhUsed":2}}"#), "twice"),
        (liability(r#"{"a":{"obhUsed":-1}}"#), "below zero"),
        (liability(r#"{"a":7}"#), "no object"),
        (liability("{}").replace("node_operator", "a\\nb"), "no name of a channel"),
        (liability("{}").replace(":5", ":5.5"), "no whole number"),
        (format!("{header}\n1,2024-01-17T00:00:00Z,2024-01-24T00:00:00Z,1,1"), "line 2: it has 5 fields"),
        (format!("{header}\n1,2024-01-17T00:00:00Z,2024-01-24T00:00:00Z,1,\"1\",1"), "quoted"),
        (format!("{header}\n1,2024-01-17T00:00:00Z,2024-01-24T00:00:00Z,1,x,1"), "line 2, work_render"),
    ];
    for (text, reason) in cases {
        let error = read(text.as_bytes()).expect_err(&text).to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
    assert!(read(&[0xff, 0xfe]).is_err());
}

#[test]
fn empty_fields_say_nothing_and_windows_line_ends_change_nothing() {
    let text = "\u{feff}new,epoch,start,end,any_recipients,work_render,avail_render\r\nx,1,2024-01-17T00:00:00Z,2024-01-24T00:00:00Z,,0.0,\r\n\r\n";
    let document = read(text.as_bytes()).unwrap();
    let row = &document.epochs[0];
    assert_eq!(
        (row.wallets_paid, row.work_paid, row.availability_paid),
        (None, dec("0"), None)
    );
}

#[test]
fn damaged_documents_never_panic() {
    for name in [
        "epoch_burn_stats_20251031.json",
        "liability_epoch97_example.json",
        "render_epochs_1_97.csv",
        "render_liability_epochs.csv",
    ] {
        let (whole, mut random) = (published(name), fastrand::Rng::with_seed(7));
        for _ in 0..300 {
            let mut bytes = whole[..random.usize(0..2_000.min(whole.len()))].to_vec();
            bytes.extend_from_slice(&whole[random.usize(0..whole.len())..]);
            for _ in 0..random.usize(0..4) {
                let at = random.usize(0..bytes.len());
                bytes[at] = random.u8(..);
            }
            let _ = (read(&bytes), liability::read(&bytes));
        }
    }
}
