//! The 97 reported epochs beside burns and payouts planted in each: both numbers and their difference, never a mean.
#![allow(clippy::unwrap_used)]

mod support;

use gridproof_store::reference::{
    EpochBoundaryRow, ReportedEpochRow, ReportedLiabilityRow, publish_list, store_reported,
};
use gridproof_store::state_db::StageKey;
use support::render::{EventRow, GENESIS_MS, SlotRow, Stand, at};

const EPOCHS: u32 = 97;
/// Slots of an epoch here: a second each, so that a boundary by time falls on a slot.
const SLOTS: u64 = 100;
const UNITS_PER_RENDER: i128 = 100_000_000;
const PARTS_PER_UNIT: i128 = 10_000_000_000;

/// A line of the committed table of reported epochs.
struct Reported {
    epoch: u32,
    burned: i128,
    burned_usd: i128,
    work: i128,
    availability: i128,
}

/// A decimal as an integer of 10⁻¹⁸, cut there.
fn decimal(text: &str) -> i128 {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let places: String = places.chars().chain("0".repeat(18).chars()).take(18).collect();
    whole.parse::<i128>().unwrap() * 10i128.pow(18) + places.parse::<i128>().unwrap()
}

/// An integer of 10⁻¹⁸ as ClickHouse prints a decimal: without zeros at the end.
fn printed(value: i128) -> String {
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let one = 10u128.pow(18);
    let text = format!("{sign}{}.{:018}", value / one, value % one);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn reported() -> Vec<Reported> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../testdata/render-reported/render_epochs_1_97.csv"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        Reported {
            epoch: fields[0].parse().unwrap(),
            burned: decimal(fields[3]),
            burned_usd: decimal(fields[4]),
            work: decimal(fields[7]),
            availability: decimal(fields[9]),
        }
    };
    text.lines().skip(1).map(line).collect()
}

/// What is due by the committed table, of the channel that pays for work.
fn due() -> Vec<(u32, u64)> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../testdata/render-reported/render_liability_epochs.csv"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| line.starts_with("node_operator,"));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[1].parse().unwrap(), fields[4].parse().unwrap())
        })
        .collect()
}

fn rows(source: &str, all: &[Reported]) -> Vec<ReportedEpochRow> {
    let of_chain = source == "dune";
    let row = |one: &Reported| ReportedEpochRow {
        source: source.into(),
        epoch: one.epoch,
        starts_at: 0,
        ends_at: 1,
        burned: (!of_chain).then_some(one.burned),
        burned_usd: (!of_chain).then_some(one.burned_usd),
        credits: None,
        wallets_paid: None,
        work_paid: of_chain.then_some(one.work),
        availability_paid: of_chain.then_some(one.availability),
        fetched_at: GENESIS_MS,
        document: "sha".into(),
        evidence: "offchain_reported".into(),
    };
    all.iter().map(row).collect()
}

/// Base units that are planted in an epoch: unlike any report, and unlike those of any other epoch.
fn planted(epoch: u32) -> [(&'static str, u64); 3] {
    let epoch = u64::from(epoch);
    [
        ("job_burn", 1_000_000_000_000 + 7 * epoch),
        ("node_work_reward", 1_500_000_000_000 + 11 * epoch),
        ("availability_reward", 288_462_000_000 + 13 * epoch),
    ]
}

/// Commits the epochs `1..=last` with what is planted in each, in one range that ends in the slot after them.
async fn plant(stand: &Stand, last: u32) {
    let mut batch = stand.batch();
    let end = SLOTS * (u64::from(last) + 1);
    for epoch in 1..=last {
        let slot = SLOTS * u64::from(epoch) + 50;
        for (index, (class, amount)) in planted(epoch).into_iter().enumerate() {
            let burns = class == "job_burn";
            let event = EventRow {
                kind: if burns { "burn" } else { "transfer" }.into(),
                class: class.into(),
                dest_owner: if burns { "" } else { "operator" }.into(),
                amount,
                decimals: 8,
                epoch: Some(epoch),
                epoch_guess: (!burns).then_some(epoch),
                ..EventRow::default()
            };
            batch.push(&at(slot, "signature", index as i32), &event).unwrap();
        }
    }
    for slot in [SLOTS, end] {
        batch.push(&at(slot, "", -1), &SlotRow::default()).unwrap();
    }
    stand.commit(StageKey::FACTS, SLOTS, end, &batch).await;
}

/// Boundaries by time only, as on the main network.
fn boundaries() -> Vec<EpochBoundaryRow> {
    let at = |epoch: u32| GENESIS_MS + 1000 * (SLOTS as i64) * i64::from(epoch);
    let row = |epoch| EpochBoundaryRow {
        epoch,
        starts_at: at(epoch),
        ends_at: at(epoch + 1),
        from_slot: None,
        to_slot: None,
        basis: "formula".into(),
    };
    (1..=EPOCHS + 2).map(row).collect()
}

async fn stand(network: &str) -> (Stand, Vec<Reported>) {
    let stand = Stand::new(network, 1).await;
    let all = reported();
    assert_eq!(all.len(), EPOCHS as usize);
    publish_list(&stand.client, network, &boundaries()).await.unwrap();
    for source in ["foundation", "dune"] {
        store_reported(&stand.client, network, &rows(source, &all))
            .await
            .unwrap();
    }
    let liability = |(epoch, amount_due): (u32, u64)| ReportedLiabilityRow {
        source: "foundation".into(),
        epoch,
        channel: "node_operator".into(),
        starts_at: 0,
        ends_at: 1,
        amount_due,
        wallets: 0,
        fetched_at: GENESIS_MS,
        document: "sha".into(),
        evidence: "offchain_reported".into(),
    };
    let liabilities: Vec<_> = due().into_iter().map(liability).collect();
    store_reported(&stand.client, network, &liabilities).await.unwrap();
    (stand, all)
}

const COLUMNS: &str = "epoch onchain reported difference reason";

async fn measure(stand: &Stand, as_of: u64, measure: &str) -> Vec<String> {
    let condition = format!("measure = '{measure}'");
    stand
        .view_where("render_burn_reconciliation_as_of", as_of, COLUMNS, &condition)
        .await
}

/// The line of an epoch that is indexed.
fn line(epoch: u32, units: u64, reported: i128, reason: &str) -> String {
    let onchain = i128::from(units) * PARTS_PER_UNIT;
    let (difference, reported) = (printed(onchain - reported), printed(reported));
    format!("{epoch} {} {reported} {difference} {reason}", printed(onchain))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_97_reported_epochs_stands_beside_the_chain_with_the_difference() {
    let (stand, all) = stand("reported").await;
    plant(&stand, EPOCHS + 1).await;
    let tip = SLOTS * u64::from(EPOCHS + 2);
    for (place, name) in ["burned", "work_paid", "availability_paid"].into_iter().enumerate() {
        let of = |one: &Reported| [one.burned, one.work, one.availability][place];
        let expected: Vec<String> = all
            .iter()
            .map(|one| line(one.epoch, planted(one.epoch)[place].1, of(one), ""))
            .collect();
        let got = measure(&stand, tip, name).await;
        assert_eq!(got[..97], expected[..], "{name}");
        let units = i128::from(planted(98)[place].1) * PARTS_PER_UNIT;
        assert_eq!(got[97], format!("98 {} - - not reported", printed(units)), "{name}");
    }
    let expected: Vec<String> = due()
        .into_iter()
        .map(|(epoch, units)| line(epoch, planted(epoch)[1].1, i128::from(units) * PARTS_PER_UNIT, ""))
        .collect();
    let mut work_due = measure(&stand, tip, "work_due").await;
    work_due.retain(|line| !line.contains(" - "));
    assert!(expected.len() > 80, "{}", expected.len());
    assert_eq!(work_due, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_indexed_or_still_under_way_is_null_and_says_so() {
    let (stand, all) = stand("under-way").await;
    let lines = |from: u32, reason: &str| -> Vec<String> {
        let rest = all.iter().filter(|one| one.epoch >= from);
        rest.map(|one| format!("{} - {} - {reason}", one.epoch, printed(one.burned)))
            .collect()
    };
    assert_eq!(measure(&stand, 10_000, "burned").await, lines(1, "not indexed"));
    plant(&stand, 2).await;
    let end = SLOTS * 3;
    let whole = [
        line(1, planted(1)[0].1, all[0].burned, ""),
        line(2, planted(2)[0].1, all[1].burned, "not final"),
    ];
    let under_way = [format!("3 - {} - provisional", printed(all[2].burned))];
    let expected: Vec<String> = whole
        .into_iter()
        .chain(under_way)
        .chain(lines(4, "not indexed"))
        .collect();
    assert_eq!(measure(&stand, end, "burned").await, expected);
    let due = measure(&stand, end, "work_due").await;
    assert!(
        due[1].ends_with("provisional") && due[1].starts_with("2 - "),
        "{}",
        due[1]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_burn_is_valued_at_the_reported_price_to_eighteen_places() {
    let (stand, all) = stand("valued").await;
    plant(&stand, EPOCHS).await;
    let tip = SLOTS * u64::from(EPOCHS + 1);
    let got = stand
        .view(
            "render_epochs_as_of",
            tip,
            "epoch burned burned_usd_at_burn price_source",
        )
        .await;
    for one in &all {
        let units = planted(one.epoch)[0].1;
        let fields: Vec<&str> = got[one.epoch as usize - 1].split(' ').collect();
        assert_eq!((fields[1], fields[3]), (units.to_string().as_str(), "foundation"));
        // `exact` cuts the price first, so it is below by at most one unit of the last place per RENDER; the view cuts twice.
        let value = decimal(fields[2]);
        let exact = ratio(i128::from(units), one.burned_usd, one.burned);
        let above = value - exact;
        assert!(
            (-2..=2 + i128::from(units) / UNITS_PER_RENDER).contains(&above),
            "{} {value} {exact}",
            one.epoch
        );
    }
}

/// units × usd ÷ burned ÷ 10⁸, in whole 10⁻¹⁸ dollars, by long division.
fn ratio(units: i128, usd: i128, burned: i128) -> i128 {
    let (whole, rest) = (usd / burned, usd % burned);
    let (mut remainder, mut scaled) = (rest, 0i128);
    // 18 more places of the price, one at a time, so that nothing overflows.
    for _ in 0..18 {
        remainder *= 10;
        scaled = scaled * 10 + remainder / burned;
        remainder %= burned;
    }
    let price = whole * 10i128.pow(18) + scaled;
    price / UNITS_PER_RENDER * units + price % UNITS_PER_RENDER * units / UNITS_PER_RENDER
}
