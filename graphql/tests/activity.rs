//! Funded leases and the incumbent's count of spending, with numbers that `support/world.sql` lets one check by hand.
#![allow(clippy::unwrap_used)]

mod support;

use clickhouse::Row;
use serde::Deserialize;
use serde_json::{Value, json};
use support::{FACTS, WHOLE, World};

fn column(points: &Value, field: &str) -> Vec<Value> {
    let points = points.as_array().unwrap().iter();
    points.map(|point| point[field].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn spending_and_funding_are_what_the_rows_say() {
    let world = World::start().await;
    accrued_spend(&world).await;
    funded_leases(&world).await;
    console_days(&world).await;
}

async fn accrued_spend(world: &World) {
    let series = world
        .data(&format!(
            r#"{{ accruedSpend(network: "{WHOLE}", interval: HOUR) {{ since sampleSize evidence meta {{ complete source }}
                points {{ time sampleSize totals {{ denom spent spentTotal rate activeLeases received }} }} }} }}"#
        ))
        .await["accruedSpend"]
        .take();
    assert_eq!(series["meta"], json!({"complete": true, "source": "STATE"}));
    assert_eq!((&series["since"], &series["sampleSize"]), (&json!(0), &json!(3)));
    let points = &series["points"];
    assert_eq!(column(points, "sampleSize"), [3, 1, 1]);
    let told = |point: usize, denom: usize| {
        let entry = &points[point]["totals"][denom];
        let text = |name: &str| entry[name].as_str().unwrap().to_owned();
        [text("denom"), text("spent"), text("spentTotal"), text("rate")].join(" ")
    };
    // 5 uakt a block up to height 129, 7 uact a block from 60 on; the hours end with heights 119, 239 and 240.
    assert_eq!([told(0, 0), told(0, 1)], ["uact 420 420 7", "uakt 525 525 5"]);
    assert_eq!([told(1, 0), told(1, 1)], ["uact 840 1260 7", "uakt 50 575 0"]);
    assert_eq!([told(2, 0), told(2, 1)], ["uact 7 1267 7", "uakt 0 575 0"]);
    let received = points[0]["totals"][1]["received"]
        .as_str()
        .unwrap()
        .parse::<u128>()
        .unwrap()
        + points[1]["totals"][1]["received"]
            .as_str()
            .unwrap()
            .parse::<u128>()
            .unwrap();
    assert_eq!(received, 1_470_000, "the ledger's net payouts stand beside it");

    let events_only = world
        .data(&format!(
            r#"{{ accruedSpend(network: "{FACTS}") {{ since points {{ totals {{ denom }} }} }} }}"#
        ))
        .await["accruedSpend"]
        .take();
    assert_eq!(events_only["since"], Value::Null);
    assert!(
        column(&events_only["points"], "totals").iter().all(Value::is_null),
        "books need the state stage"
    );
}

/// The lease of tenant2/31 is used up at 220; the incumbent takes it off a block earlier.
async fn funded_leases(world: &World) {
    for (as_of, funded, zombies) in [(219, 2, 0), (220, 1, 1), (240, 1, 1)] {
        let answer = world
            .data(&format!(
                r#"{{ funded: metric(name: "funded_active_leases", network: "{WHOLE}", asOf: {as_of}) {{ values {{ value }} }}
                    zombies: metric(name: "zombie_leases", network: "{WHOLE}", asOf: {as_of}) {{ values {{ value sampleSize }} }} }}"#
            ))
            .await;
        let counts = column(&answer["funded"]["values"], "value");
        let sum: u64 = counts
            .iter()
            .map(|count| count.as_str().unwrap().parse::<u64>().unwrap())
            .sum();
        assert_eq!(sum, funded, "{as_of}");
        assert_eq!(
            answer["zombies"]["values"],
            json!([{"value": zombies.to_string(), "sampleSize": 2}]),
            "{as_of}"
        );
    }
}

/// A day, a denomination and an amount, as text.
#[derive(Debug, Row, Deserialize)]
struct Line {
    line: String,
}

async fn lines(world: &World, sql: &str) -> Vec<String> {
    let rows = world.client().query(sql).fetch_all::<Line>().await.unwrap();
    rows.into_iter().map(|row| row.line).collect()
}

/// The views for any ClickHouse client: sums at the last block of each UTC day, and of the last 24 hours.
async fn console_days(world: &World) {
    let daily = format!(
        "SELECT concat(toString(day), ' ', denom, ' ', toString(spent), ' ', toString(spent_total)) AS line
         FROM accrued_spend_daily(network = '{WHOLE}', as_of = 240) ORDER BY day, denom"
    );
    let days = [
        "2026-03-01 uact 420 420",
        "2026-03-01 uakt 525 525",
        "2026-03-02 uact 847 1267",
        "2026-03-02 uakt 50 575",
    ];
    assert_eq!(lines(world, &daily).await, days);
    let last_day = |as_of: u64| {
        format!(
            "SELECT concat(denom, ' ', toString(from_height), ' ', toString(spent)) AS line
             FROM accrued_spend_24h(network = '{WHOLE}', as_of = {as_of}) ORDER BY denom"
        )
    };
    assert_eq!(lines(world, &last_day(240)).await, ["uact 1 1267", "uakt 1 575"]);
    assert_eq!(lines(world, &last_day(25)).await, ["uakt 1 55"], "uact begins at 60");
}
