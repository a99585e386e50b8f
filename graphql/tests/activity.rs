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
    days_in_dollars(&world).await;
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

/// Two good prices of the second day, of which the first counts, and a stale one of the first day.
const PRICES: [&str; 2] = [
    "INSERT INTO live_ranges (network, stage, version, from_height, to_height, generation, committed_at) VALUES
     ('rec-whole-1', 'prices', 1, 1, 3, 1, '2026-03-02 01:00:06')",
    "INSERT INTO price_feed_ticks (network, chain_id, sequence, observed_at, item, height, generation, row_hash, asset, quote,
         source, instrument, price, confidence, published_at, status, reason, evidence, source_height) VALUES
     ('rec-whole-1', 'whole-1', 1, '2026-03-01 23:59:00', 0, 100, 1, 81, 'AKT', 'USD', 'coingecko', 'akash-network', '0.7', NULL,
         '2026-03-01 23:00:00', 'stale', 'old', 'offchain_reported', 0),
     ('rec-whole-1', 'whole-1', 2, '2026-03-02 00:10:00', 0, 140, 1, 82, 'AKT', 'USD', 'coingecko', 'akash-network', '0.9', NULL,
         '2026-03-02 00:09:00', 'ok', '', 'offchain_reported', 0),
     ('rec-whole-1', 'whole-1', 3, '2026-03-02 00:20:00', 0, 160, 1, 83, 'AKT', 'USD', 'coingecko', 'akash-network', '0.8', NULL,
         '2026-03-02 00:19:00', 'ok', '', 'offchain_reported', 0)",
];

/// ACT at its peg, AKT at the first good price of the day of the source that was asked for; without one there are no dollars.
async fn days_in_dollars(world: &World) {
    for sql in PRICES {
        world.sql(sql).await;
    }
    let of = |source: &str| {
        format!(
            "SELECT concat(toString(day), ' ', price_source, ' ', ifNull(toString(akt_price), '-'), ' ', ifNull(toString(usd), '-')) AS line
             FROM accrued_spend_usd_daily(network = '{WHOLE}', as_of = 240, source = '{source}') ORDER BY day"
        )
    };
    // (847 uact + 50 uakt at 0.9) / 1,000,000
    assert_eq!(
        lines(world, &of("coingecko")).await,
        ["2026-03-01 coingecko - -", "2026-03-02 coingecko 0.9 0.000892"]
    );
    assert_eq!(
        lines(world, &of("pyth")).await,
        ["2026-03-01 pyth - -", "2026-03-02 pyth - -"]
    );
    // A day of uact alone needs no price: five blocks at 100.
    world
        .sql("INSERT INTO live_ranges (network, stage, version, from_height, to_height, generation, committed_at) VALUES ('pegged', 'state', 1, 1, 9, 1, '2026-03-02 01:00:06'), ('pegged', 'facts', 1, 1, 9, 1, '2026-03-02 01:00:06')")
        .await;
    world
        .sql("INSERT INTO blocks (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash) SELECT 'pegged', 'p', number + 1, toDateTime64('2026-03-01 23:00:00', 3, 'UTC'), -1, -1, -1, 1, 1 FROM numbers(9)")
        .await;
    world
        .sql("INSERT INTO accrued_spend (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash, denom, since, rate, spent, active_leases, cpu_milli, memory_bytes, storage_bytes, gpu_units, removed) VALUES ('pegged', 'p', 5, '2026-03-01 23:00:00', -2, -1, 9, 1, 61, 'uact', 0, '100', '100', 1, 1, 1, 1, 1, 0)")
        .await;
    let pegged = of("pyth").replace(WHOLE, "pegged").replace("240", "9");
    assert_eq!(lines(world, &pegged).await, ["2026-03-01 pyth - 0.0005"]);
}
