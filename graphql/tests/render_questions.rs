//! How a network of kind render answers: page by page, with a reason where there is nothing on chain, and strictly.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::names::name;
use support::{RENDER, WHOLE, World};

/// The nodes of a connection.
fn nodes(connection: &Value) -> Vec<Value> {
    let edges = connection["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn render_answers_page_by_page_with_reasons_and_strictly() {
    let world = World::start().await;
    walks(&world).await;
    what_is_not_on_chain(&world).await;
    metrics(&world).await;
    hostile_arguments(&world).await;
}

/// Walks each list one by one: complete, without doubles, in one order, and pinned to the slot of the first page.
async fn walks(world: &World) {
    for (field, key, length) in [
        ("settlements", "signature slot outer", 2),
        ("workPeriods", "epoch recipient", 4),
        ("renderEpochs", "epoch", 4),
        ("burnReconciliation", "epoch measure source", 16),
        (
            "tokenEvents",
            "signature outer batch kind sourceAccount destAccount",
            16,
        ),
        ("providers", "owner", 3),
    ] {
        let query = format!(
            "query($after: String, $asOf: Int) {{ {field}(network: \"{RENDER}\", first: 1, after: $after, asOf: $asOf) {{
                totalCount edges {{ cursor node {{ {key} }} }} pageInfo {{ hasNextPage startCursor endCursor }} }} }}"
        );
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let answer = world.answer(&query, json!({"after": after})).await;
            let page = &answer["data"][field];
            assert_eq!(page["totalCount"], length, "{field}: {answer:#}");
            seen.push(nodes(page)[0].to_string());
            after = page["pageInfo"]["endCursor"].clone();
            assert!(seen.len() <= length, "{field} never ends");
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(seen.len(), length, "{field}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), length, "{field} gave a node twice");
        foreign_cursors(world, field, &query, after.as_str().unwrap()).await;
    }
}

/// A cursor is good for its list, its network and its slot alone.
async fn foreign_cursors(world: &World, field: &str, query: &str, cursor: &str) {
    let code = |answer: &Value| answer["errors"][0]["extensions"]["code"].clone();
    let elsewhere = world.answer(query, json!({"after": cursor, "asOf": 449})).await;
    assert_eq!(code(&elsewhere), "INVALID_CURSOR", "{field}: {elsewhere:#}");
    let (other, list) = match field {
        "settlements" => ("tokenEvents", RENDER),
        "providers" => ("settlements", RENDER),
        _ => ("settlements", RENDER),
    };
    let foreign = format!(r#"{{ {other}(network: "{list}", after: "{cursor}") {{ totalCount }} }}"#);
    assert_eq!(world.code(&foreign).await, "INVALID_CURSOR", "{field}");
}

async fn what_is_not_on_chain(world: &World) {
    let lease = "bGVhc2UxCnJlYy1yZW5kZXItMQpvCjEKMQoxCnAKMA";
    for (query, field) in [
        (
            format!(r#"{{ leases(network: "{RENDER}") {{ totalCount }} }}"#),
            "leases",
        ),
        (
            format!(r#"{{ activeLeases(network: "{RENDER}") {{ unit }} }}"#),
            "activeLeases",
        ),
        (
            format!(r#"{{ activeProviders(network: "{RENDER}") {{ unit }} }}"#),
            "activeProviders",
        ),
        (format!(r#"{{ revenue(network: "{RENDER}") {{ unit }} }}"#), "revenue"),
        (format!(r#"{{ lease(id: "{lease}") {{ id }} }}"#), "lease"),
        (
            format!(r#"{{ settlements(network: "{WHOLE}") {{ totalCount }} }}"#),
            "settlements",
        ),
        (
            format!(r#"{{ renderEpochs(network: "{WHOLE}") {{ totalCount }} }}"#),
            "renderEpochs",
        ),
        (format!(r#"{{ audits(network: "{WHOLE}") {{ passed }} }}"#), "audits"),
    ] {
        let answer = world.answer(&query, Value::Null).await;
        assert_eq!(answer["data"][field], Value::Null, "{query}");
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "NOT_ON_CHAIN", "{query}: {answer:#}");
        assert_eq!(error["path"], json!([field]));
        let reason = error["extensions"]["reason"].as_str().unwrap();
        assert!(error["message"].as_str().unwrap().contains(reason), "{answer:#}");
        // The same reason can be asked for before anything fails.
        let networks = world.data("{ networks { name notOnChain { field reason } } }").await;
        let told = networks["networks"].as_array().unwrap().iter().any(|network| {
            let rows = network["notOnChain"].as_array().unwrap();
            rows.contains(&json!({"field": field, "reason": reason}))
        });
        assert!(told, "{field}");
    }
    let answer = world
        .answer(
            &format!(r#"{{ leases(network: "{RENDER}") {{ totalCount }} }}"#),
            Value::Null,
        )
        .await;
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("Render has no on-chain leases: ") && message.contains("ask settlements and workPeriods"),
        "{message}"
    );
    // One field that means nothing leaves its neighbours alone.
    let both = world
        .answer(&format!(r#"{{ leases(network: "{RENDER}") {{ totalCount }} settlements(network: "{RENDER}") {{ totalCount }} }}"#), Value::Null)
        .await;
    assert_eq!(both["data"], json!({"leases": null, "settlements": {"totalCount": 2}}));
}

async fn metrics(world: &World) {
    let catalogue = world.data(&format!(r#"{{ all: metrics {{ name evidence kinds }} akash: metrics(network: "{WHOLE}") {{ name }} render: metrics(network: "{RENDER}") {{ name kinds }} }}"#)).await;
    let all = catalogue["all"].as_array().unwrap();
    for metric in all {
        let (applies, name) = (metric["kinds"].as_array().unwrap(), &metric["name"]);
        assert!(
            ["ONCHAIN", "DERIVED", "OFFCHAIN_REPORTED"]
                .iter()
                .any(|word| metric["evidence"] == *word),
            "{metric}"
        );
        for (list, kind, network) in [("akash", "akash", WHOLE), ("render", "render", RENDER)] {
            let listed = catalogue[list]
                .as_array()
                .unwrap()
                .iter()
                .any(|known| known["name"] == *name);
            assert_eq!(listed, applies.contains(&json!(kind)), "{name} on {kind}");
            let query = format!(
                r#"{{ metric(name: {name}, network: "{network}") {{ evidence unit sampleSize asOf {{ height }} values {{ value sampleSize }} }} }}"#
            );
            let answer = world.answer(&query, Value::Null).await;
            if listed {
                assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
                assert_eq!(answer["data"]["metric"]["evidence"], metric["evidence"]);
            } else {
                assert_eq!(
                    answer["errors"][0]["extensions"]["code"], "METRIC_NOT_APPLICABLE",
                    "{answer:#}"
                );
                assert!(
                    answer["errors"][0]["message"]
                        .as_str()
                        .unwrap()
                        .contains("does not apply"),
                    "{answer:#}"
                );
            }
        }
    }
    assert_eq!(
        world.code(r#"{ metrics(network: "nowhere") { name } }"#).await,
        "UNKNOWN_NETWORK"
    );
}

async fn hostile_arguments(world: &World) {
    let account = name("BURN1_OWNER");
    let (lower, upper) = (account.to_lowercase(), account.to_uppercase());
    let long = "1".repeat(4_000);
    for bad in [
        "",
        "x",
        "0OIl",
        &lower,
        &upper,
        &account[2..],
        "' OR 1=1 --",
        "{network:String}",
        &long,
        name("S1"),
        "\u{0}",
        "рен",
    ] {
        let bad = serde_json::to_string(bad).unwrap();
        for field in [
            format!(r#"balance(network: "{RENDER}", account: {bad}) {{ amount }}"#),
            format!(r#"tokenEvents(network: "{RENDER}", account: {bad}) {{ totalCount }}"#),
            format!(r#"workPeriods(network: "{RENDER}", recipient: {bad}) {{ totalCount }}"#),
            format!(r#"settlements(network: "{RENDER}", burnWallet: {bad}) {{ totalCount }}"#),
        ] {
            assert_eq!(world.code(&format!("{{ {field} }}")).await, "BAD_USER_INPUT", "{field}");
        }
    }
    let on = |arguments: &str| format!(r#"{{ tokenEvents(network: "{RENDER}", {arguments}) {{ totalCount }} }}"#);
    for (query, code) in [
        (on(&format!(r#"signature: "{account}""#)), "BAD_USER_INPUT"),
        (on("first: 501"), "BAD_USER_INPUT"),
        (on("first: -1"), "BAD_USER_INPUT"),
        (on("first: 2147483647"), "BAD_USER_INPUT"),
        (on(r#"after: "nonsense""#), "INVALID_CURSOR"),
        (on(r#"after: """#), "INVALID_CURSOR"),
        (
            on(r#"from: "2026-01-08T00:00:00Z", to: "2026-01-08T00:00:00Z""#),
            "BAD_USER_INPUT",
        ),
        (on("asOf: 451"), "AS_OF_BEYOND_WATERMARK"),
        (on("asOf: 99"), "AS_OF_BEFORE_FIRST"),
        (on(r#"asOf: 200, asOfTime: "2026-01-08T00:00:00Z""#), "BAD_USER_INPUT"),
        (on(r#"asOfTime: "2020-01-01T00:00:00Z""#), "BAD_USER_INPUT"),
        (on(r#"asOfTime: "2030-01-01T00:00:00Z""#), "BAD_USER_INPUT"),
    ] {
        assert_eq!(world.code(&query).await, code, "{query}");
    }
    // A page of everything, nested often enough, costs more than one request may.
    let wide: String = (0..20)
        .map(|n| format!(r#"p{n}: tokenEvents(network: "{RENDER}", first: 500) {{ edges {{ node {{ slot amount memo signature }} }} }} "#))
        .collect();
    let refused = world.answer(&format!("{{ {wide} }}"), Value::Null).await;
    assert!(
        refused["errors"][0]["message"].as_str().unwrap().contains("complex"),
        "{refused:#}"
    );
}
