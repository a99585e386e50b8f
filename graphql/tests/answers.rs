//! Every query against the real engine and the real tables, with numbers that `support/world.sql` lets one check by hand.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{EMPTY, FACTS, RENDER, WHOLE, World};

fn column(points: &Value, field: &str) -> Vec<Value> {
    points
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point[field].clone())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_is_what_the_rows_say() {
    let world = World::start().await;
    active_leases(&world).await;
    active_leases_as_of(&world).await;
    providers_over_time(&world).await;
    revenue(&world).await;
    lease_and_provider(&world).await;
    index_status(&world).await;
    metrics(&world).await;
    facts_without_state(&world).await;
    questions_that_cannot_be_answered(&world).await;
}

async fn active_leases(world: &World) {
    let series = world
        .data(&format!(
            r#"{{ activeLeases(network: "{WHOLE}", interval: HOUR) {{
                definition unit sampleSize interval from to asOf {{ height time }}
                meta {{ asOfHeight asOfTime complete incompleteBefore source note }}
                points {{ time endTime value atLeast opened closed gpuUnits sampleSize blocks firstHeight lastHeight complete }} }} }}"#
        ))
        .await["activeLeases"]
        .take();
    assert_eq!(series["asOf"], json!({"height": 240, "time": "2026-03-02T01:00:00Z"}));
    assert_eq!(
        series["meta"],
        json!({"asOfHeight": 240, "asOfTime": "2026-03-02T01:00:00Z", "complete": true, "incompleteBefore": null,
            "source": "STATE", "note": null})
    );
    assert_eq!(series["unit"], "leases");
    assert!(series["definition"].as_str().unwrap().len() > 40);
    assert_eq!(series["sampleSize"], 4);
    let points = &series["points"];
    // 23:00 to 00:00: three opened, none closed. 00:00 to 01:00: one opened, two closed. 01:00: the last block alone.
    assert_eq!(
        column(points, "time"),
        ["2026-03-01T23:00:00Z", "2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z"]
    );
    assert_eq!(column(points, "value"), [3, 2, 2]);
    assert_eq!(column(points, "opened"), [3, 1, 0]);
    assert_eq!(column(points, "closed"), [0, 2, 0]);
    assert_eq!(column(points, "gpuUnits"), [9, 10, 10]);
    assert_eq!(column(points, "sampleSize"), [3, 4, 2]);
    assert_eq!(column(points, "blocks"), [119, 120, 1]);
    assert_eq!(column(points, "firstHeight"), [1, 120, 240]);
    assert_eq!(column(points, "lastHeight"), [119, 239, 240]);
    assert_eq!(column(points, "complete"), [true, true, false]);
    assert_eq!(column(points, "atLeast"), [Value::Null, Value::Null, Value::Null]);
}

async fn active_leases_as_of(world: &World) {
    // Before the close at height 130 the answer of that day still holds when asked as of then.
    let query = |args: &str| {
        format!(
            r#"{{ activeLeases(network: "{WHOLE}", {args}) {{ asOf {{ height }} points {{ time value opened closed complete blocks }} }} }}"#
        )
    };
    let day = world.data(&query("interval: DAY, asOf: 129")).await["activeLeases"].take();
    assert_eq!(column(&day["points"], "value"), [3, 3]);
    assert_eq!(column(&day["points"], "complete"), [true, false]);
    // By time: the last block at or before it.
    let by_time = world
        .data(&query(r#"interval: DAY, asOfTime: "2026-03-02T00:04:59Z""#))
        .await;
    assert_eq!(by_time["activeLeases"], day);
    // A range inside: what happened before it is in the level, not in the counts.
    let inside = query(r#"interval: MINUTE, from: "2026-03-02T00:04:00Z", to: "2026-03-02T00:07:00Z""#);
    let inside = world.data(&inside).await["activeLeases"].take();
    assert_eq!(column(&inside["points"], "value"), [3, 2, 2]);
    assert_eq!(column(&inside["points"], "opened"), [0, 0, 0]);
    // Outside what is known every value is null, never zero.
    let outside = query(r#"interval: HOUR, from: "2026-03-01T21:00:00Z", to: "2026-03-02T03:00:00Z""#);
    let outside = world.data(&outside).await["activeLeases"].take();
    assert_eq!(
        column(&outside["points"], "value"),
        [json!(null), json!(null), json!(3), json!(2), json!(2), json!(null)]
    );
    assert_eq!(
        column(&outside["points"], "opened"),
        [json!(null), json!(null), json!(3), json!(1), json!(0), json!(null)]
    );
    // Weeks begin on Monday: 2026-03-01 is a Sunday. Months on the first.
    let week = world.data(&query("interval: WEEK")).await["activeLeases"].take();
    assert_eq!(
        column(&week["points"], "time"),
        ["2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z"]
    );
    assert_eq!(column(&week["points"], "value"), [3, 2]);
    let month = world.data(&query("interval: MONTH")).await["activeLeases"].take();
    assert_eq!(column(&month["points"], "time"), ["2026-03-01T00:00:00Z"]);
    assert_eq!(column(&month["points"], "closed"), [2]);
}

async fn providers_over_time(world: &World) {
    let series = world
        .data(&format!(
            r#"{{ activeProviders(network: "{WHOLE}", interval: HOUR) {{ sampleSize points {{ value registered }} }} }}"#
        ))
        .await["activeProviders"]
        .take();
    // C never held a lease and left in the second hour; a changed address is not a new provider.
    assert_eq!(column(&series["points"], "value"), [2, 2, 2]);
    assert_eq!(column(&series["points"], "registered"), [3, 2, 2]);
    assert_eq!(series["sampleSize"], 3);
}

async fn revenue(world: &World) {
    let series = world
        .data(&format!(
            r#"{{ revenue(network: "{WHOLE}", interval: DAY) {{
                unit sampleSize meta {{ complete source }}
                totals {{ denom gross takeFee net payouts }}
                points {{ time sampleSize totals {{ denom gross takeFee net payouts }} }} }} }}"#
        ))
        .await["revenue"]
        .take();
    assert_eq!(series["meta"], json!({"complete": true, "source": "STATE"}));
    let entry = |denom: &str, gross: &str, take: &str, net: &str, payouts: u64| json!({"denom": denom, "gross": gross, "takeFee": take, "net": net, "payouts": payouts});
    let huge = "18446744073709551616";
    assert_eq!(
        series["totals"],
        json!([
            entry("uact", huge, "0", huge, 1),
            entry("uakt", "1500000", "30000", "1470000", 2)
        ])
    );
    assert_eq!(
        column(&series["points"], "totals"),
        [
            json!([
                entry("uact", "0", "0", "0", 0),
                entry("uakt", "1000000", "20000", "980000", 1)
            ]),
            json!([
                entry("uact", huge, "0", huge, 1),
                entry("uakt", "500000", "10000", "490000", 1)
            ]),
        ]
    );
    assert_eq!(column(&series["points"], "sampleSize"), [1, 2]);
    let outside = format!(
        r#"{{ revenue(network: "{WHOLE}", interval: HOUR, from: "2026-03-01T22:00:00Z", to: "2026-03-02T00:00:00Z") {{ points {{ totals {{ gross }} }} }} }}"#
    );
    let outside = world.data(&outside).await["revenue"].take();
    assert_eq!(
        column(&outside["points"], "totals"),
        [json!(null), json!([{"gross": "1000000"}])]
    );
}

async fn lease_and_provider(world: &World) {
    let all = "id network owner dseq gseq oseq provider bseq state price priceDenom createdHeight createdTime closedHeight reason \
               reasonInState reclamation cpuMilli memoryBytes storageBytes gpuUnits gpuVendor gpuModel gpuRam gpuInterface gpuResolvedBy asOf { height }";
    let list = world
        .data(&format!(
            r#"{{ leases(network: "{WHOLE}") {{ totalCount sampleSize nodes: edges {{ node {{ {all} }} }} }} }}"#
        ))
        .await;
    let nodes: Vec<Value> = list["leases"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| edge["node"].clone())
        .collect();
    assert_eq!(list["leases"]["totalCount"], 4);
    assert_eq!(list["leases"]["sampleSize"], 4);
    assert_eq!(
        nodes
            .iter()
            .map(|n| n["createdHeight"].as_u64().unwrap())
            .collect::<Vec<_>>(),
        [150, 60, 20, 10]
    );
    let closed = &nodes[2];
    let mut expected = closed.clone();
    for (field, value) in [
        ("network", json!(WHOLE)),
        ("owner", json!("tenant1")),
        ("dseq", json!("18446744073709551615")),
        ("state", json!("CLOSED")),
        ("price", json!("0.000000000000000001")),
        ("priceDenom", json!("uakt")),
        ("createdTime", json!("2026-03-01T23:10:00Z")),
        ("closedHeight", json!(130)),
        ("reason", json!("lease_closed_owner")),
        ("reasonInState", json!("unspecified")),
        ("gpuUnits", json!("1")),
        ("gpuModel", json!("a100")),
        ("gpuRam", json!(null)),
        ("asOf", json!({"height": 240})),
    ] {
        expected[field] = value;
    }
    assert_eq!(closed, &expected);
    assert_eq!(nodes[0]["state"], "RECLAIMING");
    assert_eq!(nodes[0]["reclamation"], r#"{"window":"15s"}"#);
    assert_eq!(nodes[3]["price"], "123105.6");
    let id = closed["id"].as_str().unwrap();
    // By id, at the tip and before; `node` finds the same.
    let one = world
        .data(&format!(
            r#"{{ lease(id: "{id}") {{ {all} }} node(id: "{id}") {{ id ... on Lease {{ state }} }} }}"#
        ))
        .await;
    assert_eq!(&one["lease"], closed);
    assert_eq!(one["node"], json!({"id": id, "state": "CLOSED"}));
    let before = world.data(&format!(r#"{{ a: lease(id: "{id}", asOf: 129) {{ id state closedHeight }} b: lease(id: "{id}", asOf: 19) {{ id }} }}"#)).await;
    assert_eq!(
        before,
        json!({"a": {"id": id, "state": "ACTIVE", "closedHeight": null}, "b": null})
    );
    for (filter, owners) in [
        ("state: ACTIVE", vec!["tenant1"]),
        ("state: INSUFFICIENT_FUNDS", vec!["tenant2"]),
        (r#"gpuModel: "H100""#, vec!["tenant2", "tenant1"]),
        (r#"provider: "providerB""#, vec!["tenant2", "tenant2"]),
        (r#"owner: "tenant1", gpuModel: "h100""#, vec!["tenant1"]),
        (r#"owner: "' OR 1=1 --""#, vec![]),
        (r#"provider: "{network:String}\\' UNION ALL SELECT 1""#, vec![]),
    ] {
        let found = world
            .data(&format!(
                r#"{{ leases(network: "{WHOLE}", {filter}) {{ totalCount edges {{ node {{ owner }} }} }} }}"#
            ))
            .await;
        let names: Vec<_> = found["leases"]["edges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["node"]["owner"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(names, owners, "{filter}");
        assert_eq!(found["leases"]["totalCount"], owners.len(), "{filter}");
    }
    let providers = world
        .data(&format!(
            r#"{{ providers(network: "{WHOLE}") {{ totalCount edges {{ node {{ id owner hostUri email website createdHeight attributes {{ key value }} auditedBy activeLeases leasedGpus }} }} }}
                 early: providers(network: "{WHOLE}", asOf: 80) {{ totalCount edges {{ node {{ owner hostUri activeLeases auditedBy }} }} }} }}"#
        ))
        .await;
    let a = &providers["providers"]["edges"][1]["node"];
    assert_eq!(providers["providers"]["totalCount"], 2);
    assert_eq!(
        providers["providers"]["edges"][0]["node"]["hostUri"],
        "https://b2.example:8443"
    );
    assert_eq!(
        (&a["owner"], &a["activeLeases"], &a["leasedGpus"]),
        (&json!("providerA"), &json!(1), &json!(8))
    );
    assert_eq!(
        a["attributes"][1],
        json!({"key": "capabilities/gpu/vendor/nvidia/model/h100", "value": "true"})
    );
    assert_eq!(a["auditedBy"], json!(["auditor1"]));
    assert_eq!((&a["email"], &a["website"]), (&json!("a@example.com"), &json!(null)));
    let early: Vec<_> = providers["early"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["node"].clone())
        .collect();
    assert_eq!(
        early[0],
        json!({"owner": "providerC", "hostUri": "https://c.example:8443", "activeLeases": 0, "auditedBy": []})
    );
    assert_eq!(
        early[1],
        json!({"owner": "providerB", "hostUri": "https://b.example:8443", "activeLeases": 1, "auditedBy": []})
    );
    assert_eq!(early[2]["activeLeases"], 2);
    let id = a["id"].as_str().unwrap();
    let one = world
        .data(&format!(
            r#"{{ provider(id: "{id}") {{ owner }} node(id: "{id}") {{ ... on Provider {{ hostUri }} }} }}"#
        ))
        .await;
    assert_eq!(
        one,
        json!({"provider": {"owner": "providerA"}, "node": {"hostUri": "https://a.example:8443"}})
    );
}

async fn index_status(world: &World) {
    let query = |network: &str| {
        format!(
            r#"{{ indexStatus(network: "{network}") {{ network {{ name isRecording notice }} head {{ height time }} first {{ height }} ageSeconds
                facts {{ watermark completeFrom blocks generation committedAt segments {{ from to blocks }} gaps {{ from to blocks }} }}
                state {{ watermark time completeFrom gaps {{ from }} }} }} networks {{ name }} serviceLimits {{ maxPageSize maxBuckets }} }}"#
        )
    };
    let whole = world.data(&query(WHOLE)).await;
    let status = &whole["indexStatus"];
    assert_eq!(
        status["network"],
        json!({"name": WHOLE, "isRecording": true, "notice": support::NOTICE})
    );
    assert_eq!(status["head"], json!({"height": 240, "time": "2026-03-02T01:00:00Z"}));
    assert_eq!(status["first"], json!({"height": 1}));
    assert!(status["ageSeconds"].as_i64().is_some());
    assert_eq!(status["facts"]["generation"], 2);
    assert_eq!(
        status["facts"]["segments"],
        json!([{"from": 1, "to": 240, "blocks": 240}])
    );
    assert_eq!(status["facts"]["committedAt"], "2026-03-02T01:00:05Z");
    assert_eq!(
        status["state"],
        json!({"watermark": 240, "time": "2026-03-02T01:00:00Z", "completeFrom": 1, "gaps": []})
    );
    assert_eq!(whole["serviceLimits"], json!({"maxPageSize": 500, "maxBuckets": 1500}));
    assert_eq!(
        whole["networks"],
        json!([{"name": WHOLE}, {"name": FACTS}, {"name": EMPTY}, {"name": RENDER}])
    );
    let facts = world.data(&query(FACTS)).await["indexStatus"].take();
    assert_eq!(facts["facts"]["gaps"], json!([{"from": 41, "to": 100, "blocks": 60}]));
    assert_eq!(
        (&facts["facts"]["completeFrom"], &facts["facts"]["blocks"]),
        (&json!(101), &json!(140))
    );
    assert_eq!(
        facts["state"],
        json!({"watermark": null, "time": null, "completeFrom": null, "gaps": []})
    );
    let empty = world.data(&query(EMPTY)).await["indexStatus"].take();
    assert_eq!((&empty["head"], &empty["ageSeconds"]), (&Value::Null, &Value::Null));
}

/// A metric of the catalogue answers by its name; one that fails is null and leaves its neighbours alone.
async fn metrics(world: &World) {
    let query = format!(
        r#"{{ metrics {{ name unit definition sql }} applying: metrics(network: "{WHOLE}") {{ name }}
             metric(name: "lease_payouts_total", network: "{WHOLE}", asOf: 129) {{ meta {{ asOfHeight complete }} values {{ dimensions {{ name value }} value sampleSize }} }}
             bad: metric(name: "nonsense", network: "{WHOLE}") {{ values {{ value }} }} }}"#
    );
    let answer = world.answer(&query, Value::Null).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    let data = &answer["data"];
    assert_eq!(data["bad"], Value::Null);
    assert_eq!(data["metric"]["meta"], json!({"asOfHeight": 129, "complete": true}));
    let payout = json!({"dimensions": [{"name": "denom", "value": "uakt"}], "value": "1000000", "sampleSize": 1});
    assert_eq!(data["metric"]["values"], json!([payout]));
    for metric in data["metrics"].as_array().unwrap() {
        let field = |name: &str| metric[name].as_str().unwrap().len();
        assert!(
            field("unit") > 0 && field("definition") > 20 && field("sql") > 20,
            "{metric}"
        );
    }
    let applying = data["applying"].as_array().unwrap();
    assert!(!applying.is_empty());
    for metric in applying {
        let name = metric["name"].as_str().unwrap();
        let query = format!(r#"{{ metric(name: "{name}", network: "{WHOLE}") {{ values {{ value }} }} }}"#);
        assert!(world.data(&query).await["metric"]["values"].is_array(), "{name}");
    }
}

async fn facts_without_state(world: &World) {
    let answer = world
        .data(&format!(
            r#"{{ activeLeases(network: "{FACTS}", interval: HOUR) {{ meta {{ complete incompleteBefore source note }} points {{ value atLeast opened closed gpuUnits complete }} }}
                 activeProviders(network: "{FACTS}", interval: HOUR) {{ meta {{ complete }} points {{ value registered }} }}
                 revenue(network: "{FACTS}", interval: DAY) {{ meta {{ complete incompleteBefore source }} totals {{ denom gross takeFee net payouts }} points {{ complete }} }} }}"#
        ))
        .await;
    let leases = &answer["activeLeases"];
    assert_eq!(leases["meta"]["complete"], false);
    assert_eq!(leases["meta"]["incompleteBefore"], 101);
    assert_eq!(leases["meta"]["source"], "FACTS");
    assert!(leases["meta"]["note"].as_str().unwrap().contains("events alone"));
    assert_eq!(column(&leases["points"], "value"), [Value::Null, Value::Null]);
    assert_eq!(column(&leases["points"], "atLeast"), [1, 1]);
    assert_eq!(column(&leases["points"], "opened"), [1, 1]);
    assert_eq!(column(&leases["points"], "closed"), [0, 1]);
    assert_eq!(column(&leases["points"], "complete"), [false, false]);
    assert_eq!(
        column(&answer["activeProviders"]["points"], "registered"),
        [Value::Null, Value::Null]
    );
    let revenue = &answer["revenue"];
    assert_eq!(
        revenue["meta"],
        json!({"complete": false, "incompleteBefore": 101, "source": "FACTS"})
    );
    assert_eq!(
        revenue["totals"],
        json!([{"denom": "uakt", "gross": "100", "takeFee": "2", "net": "98", "payouts": 1}])
    );
    assert_eq!(
        world
            .code(&format!(r#"{{ leases(network: "{FACTS}") {{ totalCount }} }}"#))
            .await,
        "DATA_NOT_INDEXED"
    );
}

async fn questions_that_cannot_be_answered(world: &World) {
    let leases = |args: &str| format!(r#"{{ leases({args}) {{ totalCount }} }}"#);
    let on = |args: &str| leases(&format!(r#"network: "{WHOLE}", {args}"#));
    let long = "x".repeat(200);
    for (query, code) in [
        (leases(r#"network: "nowhere""#), "UNKNOWN_NETWORK"),
        (leases(&format!(r#"network: "{EMPTY}""#)), "DATA_NOT_INDEXED"),
        (on("asOf: 241"), "AS_OF_BEYOND_WATERMARK"),
        (on("asOf: 0"), "AS_OF_BEFORE_FIRST"),
        (on(r#"asOf: 5, asOfTime: "2026-03-02T00:00:00Z""#), "BAD_USER_INPUT"),
        (on(r#"asOfTime: "2027-01-01T00:00:00Z""#), "BAD_USER_INPUT"),
        (on(r#"asOfTime: "2020-01-01T00:00:00Z""#), "BAD_USER_INPUT"),
        (on("first: 501"), "BAD_USER_INPUT"),
        (on("first: -1"), "BAD_USER_INPUT"),
        (on("first: 2147483647"), "BAD_USER_INPUT"),
        (on(&format!(r#"owner: "{long}""#)), "BAD_USER_INPUT"),
        (on(r#"after: "nonsense""#), "INVALID_CURSOR"),
        (r#"{ lease(id: "nonsense") { id } }"#.to_owned(), "INVALID_ID"),
        (r#"{ node(id: "") { id } }"#.to_owned(), "INVALID_ID"),
        (r#"{ provider(id: "bGVhc2Ux") { id } }"#.to_owned(), "INVALID_ID"),
        (
            format!(
                r#"{{ activeLeases(network: "{WHOLE}", interval: MINUTE, from: "2000-01-01T00:00:00Z") {{ unit }} }}"#
            ),
            "BAD_USER_INPUT",
        ),
        (
            format!(
                r#"{{ revenue(network: "{WHOLE}", from: "2026-03-02T00:00:00Z", to: "2026-03-01T00:00:00Z") {{ unit }} }}"#
            ),
            "BAD_USER_INPUT",
        ),
    ] {
        assert_eq!(world.code(&query).await, code, "{query}");
    }
    let beyond = world.answer(&on("asOf: 241"), Value::Null).await;
    let error = &beyond["errors"][0];
    assert_eq!(error["extensions"]["watermark"], 240);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("newest committed height is 240")
    );
    assert!(error["extensions"]["requestId"].as_str().is_some());
}
