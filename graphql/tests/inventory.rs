//! What providers told, beside what the chain says of them, with numbers that can be checked by hand.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{RENDER, WHOLE, World};

const QUERY: &str = "owner notAsked
    inventory { evidence online via version nodes leases cpuMilli { allocatable available } gpu { allocatable available } publicHostname }
    gpus { unit kinds { vendor model memory interface advertised inventory available measured } }
    uptime(days: 1) { value upSeconds downSeconds unknownSeconds sampleSize until }
    checks(first: 1) { nodes { observedAt online outcome reason via latencyMs sequence } }";

/// The first provider was online at 00:50, with eight cards of which three are free, and silent at 00:55. The last block is
/// of 01:00:00.
async fn observe(world: &World, owner: &str) {
    let sql = [
        format!("INSERT INTO live_ranges VALUES ('{WHOLE}', 'inventory', 1, 1, 2, 0, now())"),
        format!(
            "INSERT INTO provider_checks (network, chain_id, sequence, observed_at, item, height, generation, row_hash, owner, host_uri, \
             via, online, outcome, reason, latency_ms, version) VALUES \
             ('{WHOLE}', 'c', 1, '2026-03-02 00:50:00.000', 0, 200, 0, 1, '{owner}', 'https://a', 'stream', 1, 'ok', '', 12, 'v0.14.0'), \
             ('{WHOLE}', 'c', 2, '2026-03-02 00:55:00.000', 0, 210, 0, 2, '{owner}', 'https://a', '', 0, 'silent', 'no answer', NULL, ''), \
             ('{WHOLE}', 'c', 3, '2026-03-02 00:56:00.000', 0, 210, 0, 3, '{owner}', 'https://a', '', 1, 'ok', 'not live', NULL, '')"
        ),
        format!(
            "INSERT INTO provider_snapshots (network, chain_id, sequence, observed_at, item, height, generation, row_hash, owner, \
             host_uri, via, leases, nodes, cpu_milli_allocatable, cpu_milli_available, gpu_allocatable, gpu_available, public_hostname) \
             VALUES ('{WHOLE}', 'c', 1, '2026-03-02 00:50:00.000', 1, 200, 0, 4, '{owner}', 'https://a', 'stream', 2, 1, \
             18446744073709551615, 1000, 8, 3, 'p.example')"
        ),
        format!(
            "INSERT INTO provider_gpus (network, chain_id, sequence, observed_at, item, height, generation, row_hash, owner, vendor, \
             model, memory, interface, advertised, inventory, available) VALUES \
             ('{WHOLE}', 'c', 1, '2026-03-02 00:50:00.000', 2, 200, 0, 5, '{owner}', 'nvidia', 'h100', '80gi', 'sxm', 1, 8, 3), \
             ('{WHOLE}', 'c', 1, '2026-03-02 00:50:00.000', 3, 200, 0, 6, '{owner}', 'nvidia', 'b200', '', '', 1, 0, 0)"
        ),
    ];
    for sql in &sql {
        world.sql(sql).await;
    }
}

async fn providers(world: &World, network: &str, arguments: &str) -> Vec<Value> {
    let query = format!(r#"{{ providers(network: "{network}"{arguments}) {{ edges {{ node {{ {QUERY} }} }} }} }}"#);
    let mut answer = world.data(&query).await;
    let edges = answer["providers"]["edges"].take();
    edges
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| edge["node"].clone())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_told_stands_beside_what_it_advertises_and_what_is_not_known_says_why() {
    let world = World::start().await;
    let none = providers(&world, WHOLE, "").await;
    assert!(
        none.iter()
            .all(|one| one["inventory"].is_null() && one["checks"].is_null())
    );
    let why = none[0]["notAsked"].as_str().unwrap();
    assert!(why.contains("no provider of rec-whole-1 was asked"), "{why}");
    let owner = none[1]["owner"].as_str().unwrap().to_owned();
    observe(&world, &owner).await;
    let told = providers(&world, WHOLE, "").await;
    assert_eq!(
        told[0]["notAsked"],
        "this provider was not asked for its status up to this block"
    );
    assert_eq!(
        told[1],
        json!({
            "owner": owner, "notAsked": null,
            "inventory": {"evidence": "OFFCHAIN_REPORTED", "online": false, "via": "stream", "version": null, "nodes": 1, "leases": 2,
                "cpuMilli": {"allocatable": "18446744073709551615", "available": "1000"},
                "gpu": {"allocatable": "8", "available": "3"}, "publicHostname": "p.example"},
            "gpus": {"unit": "cards", "kinds": [
                {"vendor": "nvidia", "model": "b200", "memory": null, "interface": null, "advertised": true, "inventory": 0, "available": 0, "measured": null},
                {"vendor": "nvidia", "model": "h100", "memory": "80gi", "interface": "sxm", "advertised": true, "inventory": 8, "available": 3, "measured": null}]},
            "uptime": {"value": "0.500000", "upSeconds": 300, "downSeconds": 300, "unknownSeconds": 85_800, "sampleSize": 2,
                "until": "2026-03-02T01:00:00Z"},
            "checks": {"nodes": [{"observedAt": "2026-03-02T00:55:00Z", "online": false, "outcome": "silent", "reason": "no answer",
                "via": null, "latencyMs": null, "sequence": 2}]},
        })
    );
    // As of a block before the silence it was online.
    let before = providers(&world, WHOLE, ", asOf: 205").await;
    let of = before.iter().find(|one| one["owner"] == *owner).unwrap();
    assert_eq!(
        (&of["inventory"]["online"], &of["inventory"]["version"]),
        (&json!(true), &json!("v0.14.0"))
    );
    let render = providers(&world, RENDER, "").await;
    assert!(render[0]["inventory"].is_null() && render[0]["notAsked"].as_str().unwrap().contains("no public status"));
    let bad =
        format!(r#"{{ providers(network: "{WHOLE}") {{ edges {{ node {{ uptime(days: 2) {{ value }} }} }} }} }}"#);
    let answer = world.answer(&bad, Value::Null).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_of_the_inventory_are_what_its_rows_say() {
    let world = World::start().await;
    let query = |as_of: u64| {
        let names = [
            "providers_online",
            "inventory_gpus",
            "inventory_gpus_available",
            "inventory_utilisation",
            "gpus_advertised_not_in_inventory",
            "inventory_uptime",
        ];
        let one = |name: &str| {
            format!(
                r#"{name}: metric(name: "{name}", network: "{WHOLE}", asOf: {as_of}) {{ values {{ dimensions {{ value }} value sampleSize }} }}"#
            )
        };
        format!("{{ {} }}", names.map(one).join(" "))
    };
    let flat = |answer: &Value, name: &str| -> Vec<String> {
        let values = answer[name]["values"].as_array().unwrap().clone();
        let text = |one: &Value| one.as_str().unwrap_or_default().to_owned();
        let line = |value: Value| {
            let names: Vec<_> = value["dimensions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| text(&one["value"]))
                .collect();
            format!(
                "{} {} of {}",
                names.join("/"),
                text(&value["value"]),
                value["sampleSize"]
            )
        };
        values.into_iter().map(line).collect()
    };
    let none = world.data(&query(240)).await;
    assert_eq!(
        flat(&none, "providers_online"),
        Vec::<String>::new(),
        "nobody was asked, which is not the same as none online"
    );
    let owner = providers(&world, WHOLE, "").await[1]["owner"]
        .as_str()
        .unwrap()
        .to_owned();
    observe(&world, &owner).await;
    let online = world.data(&query(205)).await;
    assert_eq!(flat(&online, "providers_online"), [" 1 of 1"]);
    assert_eq!(flat(&online, "inventory_gpus"), ["nvidia/h100 8 of 1"]);
    assert_eq!(flat(&online, "inventory_gpus_available"), ["nvidia/h100 3 of 1"]);
    assert_eq!(flat(&online, "inventory_utilisation")[1], "gpu 0.625 of 1");
    assert_eq!(
        flat(&online, "gpus_advertised_not_in_inventory"),
        ["nvidia/b200 1 of 1", "nvidia/h100 0 of 1"]
    );
    let silent = world.data(&query(240)).await;
    assert_eq!(flat(&silent, "providers_online"), [" 0 of 1"]);
    assert_eq!(
        flat(&silent, "inventory_gpus"),
        Vec::<String>::new(),
        "of a provider that is offline nothing counts"
    );
    assert_eq!(
        flat(&silent, "inventory_uptime"),
        ["1 0.5 of 2", "7 0.5 of 2", "30 0.5 of 2"]
    );
}
