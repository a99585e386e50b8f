//! Prices as the API tells them: bad ones as bad, none averaged, and clouds' prices with their row and age.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{WHOLE, World};

const TICKS: &str = "INSERT INTO price_feed_ticks (network, chain_id, sequence, observed_at, item, height, generation, row_hash, asset, quote, source, instrument, price, confidence, published_at, status, reason, evidence, source_height) VALUES
('rec-whole-1', 'whole-1', 1, '2026-03-02 00:30:00', 0, 180, 1, 1, 'AKT', 'USD', 'pyth', 'account', '0.5', '0.001', '2026-03-02 00:29:30', 'ok', '', 'onchain', 9),
('rec-whole-1', 'whole-1', 1, '2026-03-02 00:30:00', 1, 180, 1, 1, 'AKT', 'USDC', 'osmosis_twap', 'pools', '0.51', NULL, '2026-03-02 00:29:50', 'ok', '', 'derived', 9),
('rec-whole-1', 'whole-1', 2, '2026-03-02 00:31:00', 0, 182, 1, 1, 'AKT', 'USD', 'pyth', 'account', '-0.5', '0.001', '2026-03-02 00:30:30', 'negative', 'the price is below zero', 'onchain', 9),
('rec-whole-1', 'whole-1', 2, '2026-03-02 00:31:00', 1, 182, 1, 1, 'AKT', 'USDC', 'osmosis_twap', 'pools', '0', NULL, '2026-03-02 00:30:50', 'zero', 'the price is zero', 'derived', 9),
('rec-whole-1', 'whole-1', 3, '2026-03-02 00:32:00', 0, 184, 1, 1, 'AKT', 'USD', 'pyth', 'account', '0.6', '0.001', '2026-03-02 00:31:30', 'crossed', 'osmosis_twap says 0.5', 'onchain', 9),
('rec-whole-1', 'whole-1', 3, '2026-03-02 00:32:00', 1, 184, 1, 1, 'AKT', 'USDC', 'osmosis_twap', 'pools', '0.5', NULL, '2026-03-02 00:31:50', 'crossed', 'pyth says 0.6', 'derived', 9),
('rec-whole-1', 'whole-1', 4, '2026-03-02 00:33:00', 0, 186, 1, 1, 'AKT', 'USD', 'pyth', 'account', '99999', '0.001', '2026-03-02 00:20:00', 'absurd', 'outside', 'onchain', 9),
('rec-whole-1', 'whole-1', 4, '2026-03-02 00:33:00', 1, 186, 1, 1, 'AKT', 'USDC', 'osmosis_twap', 'pools', NULL, NULL, NULL, 'refused', 'unreachable: http://node', 'derived', 0),
('rec-whole-1', 'whole-1', 5, '2026-03-02 00:34:00', 0, 188, 1, 1, 'AKT', 'USD', 'pyth', 'account', '777', '0', '2026-03-02 00:33:50', 'ok', '', 'onchain', 9)";
const LIVE: &str = "INSERT INTO live_ranges (network, stage, version, from_height, to_height, generation, committed_at) VALUES ('rec-whole-1', 'prices', 1, 1, 4, 1, '2026-03-02 01:00:00')";
const ORACLE: &str = "INSERT INTO oracle_events (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash, kind, version, denom, base_denom, source, price, twap, price_time, at_height, fields) VALUES
('rec-whole-1', 'whole-1', 181, '2026-03-02 00:30:30', 0, 0, 0, 1, 1, 'price', 2, 'akt', 'usd', 'feeder', '0.49', NULL, '2026-03-02 00:30:20', NULL, '{}'),
('rec-whole-1', 'whole-1', 181, '2026-03-02 00:30:30', -2, -1, 1, 1, 1, 'aggregated', 2, 'akt', 'usd', '', '0.4', '0.48', NULL, NULL, '{}'),
('rec-whole-1', 'whole-1', 190, '2026-03-02 00:35:00', 0, 0, 0, 1, 1, 'price', 2, 'akt', 'usd', 'feeder', '0.3', NULL, '2026-03-02 00:31:00', NULL, '{}')";
const CLOUDS: &str = "INSERT INTO reference_prices (row_id, provider, sku, gpu, gpu_memory, gpus, region, price_model, usd_per_hour, usd_per_gpu_hour, as_of, source_name, source_url, source_kind, note, document, loaded_at) VALUES
('aws-h100-old', 'aws', 'p5.48xlarge', 'h100', '80Gi', 8, 'us-east-1', 'on_demand', '98.32', '12.29', '2023-07-01', 'somebody', '', 'press', '', 'seed', '2026-01-01 00:00:00'),
('aws-h100-new', 'aws', 'p5.48xlarge', 'h100', '80Gi', 8, 'us-east-1', 'on_demand', '55.04', '6.88', '2026-02-01', 'AWS Price List', '', 'official_list', '', 'x', '2026-01-01 00:00:00'),
('aws-h100-new', 'aws', 'p5.48xlarge', 'h100', '80Gi', 8, 'us-east-1', 'on_demand', '55.04', '6.88', '2026-02-01', 'AWS Price List', '', 'official_list', '', 'y', '2026-01-02 00:00:00'),
('gcp-h100-later', 'gcp', 'a3', 'h100', '80Gi', 1, 'us', 'on_demand', '9', '9', '2026-04-01', 'somebody', '', 'press', '', 'seed', '2026-01-01 00:00:00'),
('azure-a100', 'azure', 'nd', 'a100', '80Gi', 8, 'us', 'spot', '8', '1', '2026-02-01', 'somebody', '', 'press', '', 'seed', '2026-01-01 00:00:00')";

async fn world() -> World {
    let world = World::start().await;
    for sql in [TICKS, LIVE, ORACLE, CLOUDS] {
        world.sql(sql).await;
    }
    world
}

fn list(answer: &Value, field: &str, keys: &[&str]) -> Vec<String> {
    let edges = answer[field]["edges"].as_array().unwrap();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |edge: &Value| {
        keys.iter()
            .map(|key| text(&edge["node"][*key]))
            .collect::<Vec<_>>()
            .join(" ")
    };
    edges.iter().map(line).collect()
}

#[tokio::test]
async fn prices_are_told_as_they_were_said_with_verdict_and_reason() {
    let world = world().await;
    let data = world
        .data(&format!(
            "{{ prices(network: \"{WHOLE}\", asset: \"AKT\") {{ totalCount unit definition edges {{ cursor node {{ source price quote status reason ageSeconds evidence }} }} }} }}"
        ))
        .await;
    assert_eq!(
        data["prices"]["totalCount"],
        json!(11),
        "what is not committed is not seen"
    );
    let lines = list(&data, "prices", &["source", "price", "status"]);
    assert_eq!(
        lines,
        [
            "akash_oracle 0.3 STALE",
            "pyth 99999 ABSURD",
            "osmosis_twap null REFUSED",
            "pyth 0.6 CROSSED",
            "osmosis_twap 0.5 CROSSED",
            "pyth -0.5 NEGATIVE",
            "osmosis_twap 0 ZERO",
            "akash_oracle_median 0.4 OK",
            "akash_oracle 0.49 OK",
            "pyth 0.5 OK",
            "osmosis_twap 0.51 OK",
        ]
    );
    let reasons = list(&data, "prices", &["reason"]);
    assert!(
        reasons[0].contains("240 s before its block") && reasons[2].contains("unreachable"),
        "{reasons:?}"
    );
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = world
            .data(&format!(
                "{{ prices(network: \"{WHOLE}\", first: 3{after}) {{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{ source price status }} }} }} }}"
            ))
            .await;
        seen.extend(list(&page, "prices", &["source", "price", "status"]));
        if page["prices"]["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = format!(", after: {}", page["prices"]["pageInfo"]["endCursor"]);
    }
    assert_eq!(seen, lines, "pages join without a gap or a repetition");
    let crossed = world
        .data(&format!(
            "{{ prices(network: \"{WHOLE}\", status: CROSSED) {{ totalCount edges {{ node {{ source }} }} }} }}"
        ))
        .await;
    assert_eq!(crossed["prices"]["totalCount"], json!(2));
    let bad = format!("{{ prices(network: \"{WHOLE}\", after: \"xx\") {{ totalCount }} }}");
    assert_eq!(world.code(&bad).await, "INVALID_CURSOR");
}

#[tokio::test]
async fn the_price_at_a_moment_is_that_of_the_source_that_was_asked_for_and_no_other() {
    let world = world().await;
    let at = async |source: &str, at: &str| {
        let query = format!(
            "{{ priceAt(network: \"{WHOLE}\", asset: \"AKT\", source: \"{source}\", at: \"{at}\") {{ price ageSeconds }} }}"
        );
        world.data(&query).await["priceAt"].clone()
    };
    let old = json!([{"price": "0.5", "ageSeconds": 330}]);
    assert_eq!(
        at("pyth", "2026-03-02T00:35:00Z").await,
        old,
        "bad prices are passed over, not replaced"
    );
    assert_eq!(
        at("pyth", "2026-03-02T00:29:59Z").await,
        json!([]),
        "what was seen later is not known yet"
    );
    assert_eq!(
        at("osmosis_twap", "2026-03-02T00:35:00Z").await,
        json!([{"price": "0.51", "ageSeconds": 310}])
    );
    assert_eq!(at("coingecko", "2026-03-02T00:35:00Z").await, json!([]));
}

async fn metric(world: &World, name: &str) -> Vec<String> {
    let query =
        format!("{{ metric(name: \"{name}\", network: \"{WHOLE}\") {{ values {{ dimensions {{ value }} value }} }} }}");
    let data = world.data(&query).await;
    let line = |value: &Value| {
        let dimensions = value["dimensions"].as_array().unwrap().iter();
        let mut words: Vec<&str> = dimensions.map(|one| one["value"].as_str().unwrap()).collect();
        words.push(value["value"].as_str().unwrap());
        words.join(" ")
    };
    data["metric"]["values"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn staleness_disagreement_and_bad_prices_are_metrics() {
    let world = world().await;
    assert_eq!(
        metric(&world, "price").await,
        [
            "AKT USD akash_oracle feeder 0.49",
            "AKT USD akash_oracle_median  0.4",
            "AKT USDC osmosis_twap pools 0.51",
            "AKT USD pyth account 0.5",
        ]
    );
    assert_eq!(
        metric(&world, "price_staleness_seconds").await,
        [
            "AKT akash_oracle feeder 280",
            "AKT akash_oracle_median  0",
            "AKT osmosis_twap pools 190",
            "AKT pyth account 210"
        ]
    );
    assert_eq!(
        metric(&world, "price_disagreement_bps").await,
        [
            "AKT akash_oracle_median  osmosis_twap pools 2500",
            "AKT akash_oracle_median  pyth account 1000000000",
            "AKT osmosis_twap pools pyth account 1000000000",
        ]
    );
    assert_eq!(
        metric(&world, "price_ticks_not_ok").await,
        [
            "AKT akash_oracle stale 1",
            "AKT osmosis_twap crossed 1",
            "AKT osmosis_twap refused 1",
            "AKT osmosis_twap zero 1",
            "AKT pyth absurd 1",
            "AKT pyth crossed 1",
            "AKT pyth negative 1",
        ]
    );
}

#[tokio::test]
async fn a_clouds_price_is_told_with_its_row_its_age_and_a_warning() {
    let world = world().await;
    let query = format!(
        "{{ hyperscalerDiscount(network: \"{WHOLE}\", gpuModel: \"H100\") {{ sampleSize comparisons {{ denom priceSource networkUsdPerGpuHour sampleSize measuredBlocks measuredMs ratio reference {{ rowId ageDays stale warning usdPerGpuHour }} }} }} }}"
    );
    let data = world.data(&query).await;
    let comparisons = data["hyperscalerDiscount"]["comparisons"].as_array().unwrap();
    assert_eq!(
        comparisons.len(),
        2,
        "a price of a later day is not known yet, one that was loaded twice counts once: {data:#}"
    );
    let (new, old) = (&comparisons[0], &comparisons[1]);
    // 15,388.2 uact for a GPU and block of 30 s: 120 blocks an hour, a million uact is a dollar.
    assert_eq!(new["networkUsdPerGpuHour"], json!("1.846584"));
    assert_eq!(
        (new["measuredBlocks"].clone(), new["measuredMs"].clone()),
        (json!(239), json!(239 * 30_000))
    );
    assert_eq!(
        (new["sampleSize"].clone(), new["denom"].clone()),
        (json!(2), json!("uact"))
    );
    assert_eq!(
        (new["reference"]["rowId"].clone(), new["reference"]["ageDays"].clone()),
        (json!("aws-h100-new"), json!(29))
    );
    assert_eq!(
        (new["reference"]["stale"].clone(), new["ratio"].clone()),
        (json!(false), json!("0.268398837209302325"))
    );
    assert_eq!(
        (old["reference"]["rowId"].clone(), old["reference"]["stale"].clone()),
        (json!("aws-h100-old"), json!(true))
    );
    assert!(
        old["reference"]["warning"].as_str().unwrap().contains("975 days old"),
        "{old}"
    );
    let list_query = "{ referencePrices(gpu: \"h100\") { totalCount edges { node { rowId provider } } } }";
    let rows = world.data(list_query).await;
    assert_eq!(
        list(&rows, "referencePrices", &["rowId"]),
        ["gcp-h100-later", "aws-h100-new", "aws-h100-old"]
    );
    let render = "{ hyperscalerDiscount(network: \"rec-render-1\", gpuModel: \"h100\") { sampleSize } }";
    assert_eq!(world.code(render).await, "NOT_ON_CHAIN");
}
