//! A network of kind render against the real engine: every number can be checked by hand in `support/render.sql`.
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

fn column(connection: &Value, field: &str) -> Vec<Value> {
    nodes(connection).iter().map(|node| node[field].clone()).collect()
}

async fn ask(world: &World, field: &str, arguments: &str, selection: &str) -> Value {
    let query = format!(r#"{{ {field}(network: "{RENDER}"{arguments}) {{ {selection} }} }}"#);
    world.data(&query).await[field].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_of_render_is_what_the_rows_say() {
    let world = World::start().await;
    settlements(&world).await;
    work_periods(&world).await;
    providers(&world).await;
    epochs(&world).await;
    reconciliation(&world).await;
    events(&world).await;
    balances(&world).await;
    audits(&world).await;
    status(&world).await;
    walks(&world).await;
    what_is_not_on_chain(&world).await;
    metrics(&world).await;
    hostile_arguments(&world).await;
}

const FRAME: &str = "definition unit amountUnit decimals evidence totalCount sampleSize asOf { height time }
    meta { asOfHeight complete incompleteBefore source note }";

async fn settlements(world: &World) {
    let list = ask(
        world,
        "settlements",
        "",
        &format!("{FRAME} edges {{ node {{ network signature slot time txIndex outer inner batch amount decimals burnAccount burnWallet memo epoch instruction evidence }} }}"),
    )
    .await;
    // Burns by others, of a dead generation and past the watermark are not among them.
    assert_eq!(column(&list, "amount"), ["300000000", "500000000"]);
    let first = &nodes(&list)[1];
    assert_eq!(
        first,
        &json!({"network": RENDER, "signature": name("S4"), "slot": 140, "time": "2026-01-09T19:12:00Z", "txIndex": null, "outer": 0,
            "inner": -1, "batch": -1, "amount": "500000000", "decimals": 8, "burnAccount": name("BURN1"),
            "burnWallet": name("BURN1_OWNER"), "memo": "jobs of epoch 1", "epoch": 1, "instruction": "burn", "evidence": "DERIVED"})
    );
    assert_eq!(nodes(&list)[0]["memo"], Value::Null);
    assert_eq!((&list["totalCount"], &list["sampleSize"]), (&json!(2), &json!(2)));
    assert_eq!((&list["decimals"], &list["evidence"]), (&json!(8), &json!("DERIVED")));
    assert_eq!(list["asOf"], json!({"height": 450, "time": "2026-01-31T12:00:00Z"}));
    assert_eq!(
        list["meta"],
        json!({"asOfHeight": 450, "complete": true, "incompleteBefore": null, "source": "FACTS", "note": null})
    );
    let (burn2, owner) = (name("BURN2"), name("BURN2_OWNER"));
    for (filter, slots) in [
        (format!(r#", burnWallet: "{burn2}""#), vec![220]),
        (format!(r#", burnWallet: "{owner}""#), vec![220]),
        (", epoch: 1".to_owned(), vec![140]),
        (", epoch: 4294967295".to_owned(), vec![]),
        (
            r#", from: "2026-01-09T19:12:00Z", to: "2026-01-15T09:36:00Z""#.to_owned(),
            vec![140],
        ),
        (r#", from: "2026-01-09T19:12:01Z""#.to_owned(), vec![220]),
        (", asOf: 219".to_owned(), vec![140]),
        (r#", asOfTime: "2026-01-09T19:12:00Z""#.to_owned(), vec![140]),
        (", asOf: 139".to_owned(), vec![]),
    ] {
        let list = ask(world, "settlements", &filter, "totalCount edges { node { slot } }").await;
        assert_eq!(column(&list, "slot"), slots, "{filter}");
        assert_eq!(list["totalCount"], slots.len(), "{filter}");
    }
}

const PAID: &str = "paid { work availability compute total decimals }";

fn paid(work: &str, availability: &str, total: &str) -> Value {
    json!({"work": work, "availability": availability, "compute": "0", "total": total, "decimals": 8})
}

async fn work_periods(world: &World) {
    let selection = format!(
        "totalCount evidence edges {{ node {{ epoch startsAt endsAt paysFor recipient {PAID} sampleSize firstPaidAt lastPaidAt evidence }} }}"
    );
    let list = ask(world, "workPeriods", "", &selection).await;
    assert_eq!((&list["totalCount"], &list["evidence"]), (&json!(4), &json!("DERIVED")));
    assert_eq!(column(&list, "epoch"), [3, 3, 2, 2]);
    let of = |owner: &str, epoch: u64| {
        let mine = |node: &&Value| node["recipient"] == name(owner) && node["epoch"] == epoch;
        nodes(&list).iter().find(mine).unwrap().clone()
    };
    // Paid in epoch 2, for epoch 1: work in a batch, availability in another transaction.
    assert_eq!(
        of("OP1_OWNER", 2),
        json!({"epoch": 2, "startsAt": "2026-01-14T00:00:00Z", "endsAt": "2026-01-21T00:00:00Z", "paysFor": [1], "recipient": name("OP1_OWNER"),
            "paid": paid("1000000000", "100000000", "1100000000"), "sampleSize": 2,
            "firstPaidAt": "2026-01-14T16:48:00Z", "lastPaidAt": "2026-01-14T18:28:48Z", "evidence": "DERIVED"})
    );
    assert_eq!(of("OP3_OWNER", 3)["paid"], paid("500000000", "0", "500000000"));
    let op1 = name("OP1_OWNER");
    let mine = ask(
        world,
        "workPeriods",
        &format!(r#", recipient: "{op1}", epoch: 3"#),
        &selection,
    )
    .await;
    assert_eq!(column(&mine, "recipient"), [op1]);
    assert_eq!(mine["totalCount"], 1);
}

async fn providers(world: &World) {
    let selection = format!(
        "totalCount evidence definition edges {{ node {{ id owner evidence firstPaidEpoch lastPaidEpoch epochsPaid payouts accounts {PAID} hostUri createdHeight attributes {{ key }} auditedBy activeLeases leasedGpus }} }}"
    );
    let list = ask(world, "providers", "", &selection).await;
    assert_eq!(list["totalCount"], 3);
    assert_eq!(list["evidence"], "DERIVED");
    assert!(
        list["definition"]
            .as_str()
            .unwrap()
            .contains("neither a node nor a person")
    );
    // Newest first: the third operator was first paid in epoch 3.
    assert_eq!(column(&list, "owner")[0], name("OP3_OWNER"));
    let one = nodes(&list)
        .into_iter()
        .find(|node| node["owner"] == name("OP1_OWNER"))
        .unwrap();
    let mut expected = one.clone();
    for (field, value) in [
        ("firstPaidEpoch", json!(2)),
        ("lastPaidEpoch", json!(3)),
        ("epochsPaid", json!(2)),
        ("payouts", json!(3)),
        ("accounts", json!(1)),
        ("paid", paid("2200000000", "100000000", "2300000000")),
        ("evidence", json!("DERIVED")),
        ("hostUri", Value::Null),
        ("createdHeight", Value::Null),
        ("attributes", Value::Null),
        ("auditedBy", Value::Null),
        ("activeLeases", Value::Null),
        ("leasedGpus", Value::Null),
    ] {
        expected[field] = value;
    }
    assert_eq!(one, expected);
    let id = one["id"].as_str().unwrap();
    let again = world
        .data(&format!(
            r#"{{ provider(id: "{id}") {{ owner epochsPaid }} early: provider(id: "{id}", asOf: 300) {{ epochsPaid }} none: provider(id: "{id}", asOf: 200) {{ owner }}
                 node(id: "{id}") {{ ... on Provider {{ lastPaidEpoch }} }} }}"#
        ))
        .await;
    assert_eq!(
        again,
        json!({"provider": {"owner": name("OP1_OWNER"), "epochsPaid": 2}, "early": {"epochsPaid": 1}, "none": null, "node": {"lastPaidEpoch": 3}})
    );
}

async fn epochs(world: &World) {
    let all = "network epoch startsAt endsAt complete isFinal burned otherBurned burnedUsdAtBurn priceSource mintedEmission mintedUpgrade jobPayments \
               grants treasury market unknown recipients newRecipients lostRecipients settlements sampleSize decimals evidence";
    let list = ask(
        world,
        "renderEpochs",
        "",
        &format!("{FRAME} edges {{ node {{ {all} {PAID} }} }}"),
    )
    .await;
    assert_eq!(column(&list, "epoch"), [4, 3, 2, 1]);
    assert_eq!(column(&list, "complete"), [false, true, true, true]);
    assert_eq!(column(&list, "isFinal"), [false, false, true, true]);
    assert_eq!(column(&list, "burned"), ["0", "0", "300000000", "500000000"]);
    assert_eq!(column(&list, "otherBurned"), ["0", "0", "0", "1"]);
    assert_eq!(column(&list, "recipients"), [0, 2, 2, 0]);
    assert_eq!(column(&list, "newRecipients"), [0, 1, 2, 0]);
    assert_eq!(column(&list, "lostRecipients"), [2, 1, 0, 0]);
    // Above 2^53, to the last digit.
    assert_eq!(column(&list, "mintedEmission")[3], "9007199254740993");
    // The Foundation's own price of the epoch: 11 / 5.5 and 6.75 / 3 dollars.
    assert_eq!(
        column(&list, "burnedUsdAtBurn"),
        [json!(null), json!(null), json!("6.75"), json!("10")]
    );
    assert_eq!(
        column(&list, "priceSource"),
        [json!(null), json!(null), json!("foundation"), json!("foundation")]
    );
    assert_eq!(nodes(&list)[2]["paid"], paid("3000000000", "100000000", "3100000000"));
    let first = &nodes(&list)[3];
    for (field, value) in [
        ("startsAt", json!("2026-01-07T00:00:00Z")),
        ("endsAt", json!("2026-01-14T00:00:00Z")),
        ("jobPayments", json!("500000000")),
        ("treasury", json!("6000000000")),
        ("market", json!("2000000000")),
        ("grants", json!("0")),
        ("unknown", json!("0")),
        ("settlements", json!(1)),
        ("sampleSize", json!(1)),
        ("decimals", json!(8)),
        ("evidence", json!("DERIVED")),
    ] {
        assert_eq!(first[field], value, "{field}");
    }
    // As of the middle of epoch 2, nothing later is known and epoch 1 may still grow.
    let early = ask(
        world,
        "renderEpochs",
        ", asOf: 215",
        "edges { node { epoch complete isFinal settlements } }",
    )
    .await;
    assert_eq!(
        nodes(&early),
        [
            json!({"epoch": 2, "complete": false, "isFinal": false, "settlements": 0}),
            json!({"epoch": 1, "complete": true, "isFinal": false, "settlements": 1})
        ]
    );
}

async fn reconciliation(world: &World) {
    let fields = "epoch measure onchain onchainEvidence reported reportedEvidence source difference reason unit";
    let list = ask(
        world,
        "burnReconciliation",
        ", epoch: 1",
        &format!("totalCount evidence edges {{ node {{ {fields} }} }}"),
    )
    .await;
    let of = |measure: &str| {
        let mine = |node: &&Value| node["measure"] == measure;
        nodes(&list).iter().find(mine).unwrap().clone()
    };
    // Both numbers and their difference; nothing between the two is ever answered.
    assert_eq!(
        of("BURNED"),
        json!({"epoch": 1, "measure": "BURNED", "onchain": "5", "onchainEvidence": "DERIVED", "reported": "5.5", "reportedEvidence": "OFFCHAIN_REPORTED",
            "source": "foundation", "difference": "-0.5", "reason": null, "unit": "RENDER"})
    );
    let work = of("WORK_PAID");
    assert_eq!(
        (
            &work["onchain"],
            &work["reported"],
            &work["difference"],
            &work["source"]
        ),
        (&json!("0"), &json!("31.25"), &json!("-31.25"), &json!("dune"))
    );
    let due = of("WORK_DUE");
    assert_eq!(
        (&due["reported"], &due["difference"], &due["reason"]),
        (&Value::Null, &Value::Null, &json!("not reported"))
    );
    assert_eq!(due["onchain"], "30");
    assert_eq!(list["totalCount"], 4);
    let burned = ask(
        world,
        "burnReconciliation",
        ", measure: BURNED",
        "totalCount edges { node { epoch onchain difference } }",
    )
    .await;
    assert_eq!(column(&burned, "epoch"), [4, 3, 2, 1]);
    assert_eq!(
        column(&burned, "onchain"),
        [json!(null), json!("0"), json!("3"), json!("5")]
    );
    assert_eq!(
        column(&burned, "difference"),
        [json!(null), json!(null), json!("0"), json!("-0.5")]
    );
}

async fn events(world: &World) {
    let all = "signature slot kind class classRule instruction program sourceAccount sourceOwner destAccount destOwner amount sign decimals \
               viaCpi viaBatch txVersion memo sourceRole destRole epoch epochGuess epochGuessBy evidence outer batch";
    let (op1, owner, sig) = (name("OP1"), name("OP1_OWNER"), name("S6"));
    let batch = ask(
        world,
        "tokenEvents",
        &format!(r#", signature: "{sig}""#),
        &format!("{FRAME} edges {{ node {{ {all} }} }}"),
    )
    .await;
    assert_eq!(
        (&batch["totalCount"], &batch["evidence"]),
        (&json!(2), &json!("ONCHAIN"))
    );
    assert_eq!(
        nodes(&batch)[1],
        json!({"signature": sig, "slot": 210, "kind": "TRANSFER", "class": "NODE_WORK_REWARD", "classRule": "rule:node_work_reward", "instruction": "transfer",
            "program": "spl-token", "sourceAccount": name("WORK"), "sourceOwner": name("WORK_OWNER"), "destAccount": op1, "destOwner": owner,
            "amount": "1000000000", "sign": 1, "decimals": 8, "viaCpi": false, "viaBatch": true, "txVersion": 0, "memo": null,
            "sourceRole": "payout_work", "destRole": null, "epoch": 2, "epochGuess": 1, "epochGuessBy": "default", "evidence": "ONCHAIN", "outer": 0, "batch": 0})
    );
    for (filter, slots) in [
        (", class: OTHER_BURN".to_owned(), vec![150]),
        (", kind: BURN".to_owned(), vec![220, 150, 140]),
        (", kind: MINT, class: EMISSION_MINT".to_owned(), vec![110]),
        (format!(r#", account: "{op1}""#), vec![310, 211, 210]),
        (
            format!(r#", account: "{owner}", class: AVAILABILITY_REWARD"#),
            vec![211],
        ),
        (", kind: UNEXPLAINED_DELTA".to_owned(), vec![330, 330]),
        (", kind: CLOSE".to_owned(), vec![]),
    ] {
        let list = ask(world, "tokenEvents", &filter, "totalCount edges { node { slot } }").await;
        assert_eq!(column(&list, "slot"), slots, "{filter}");
        assert_eq!(list["totalCount"], slots.len(), "{filter}");
    }
    let unexplained = ask(
        world,
        "tokenEvents",
        ", kind: UNEXPLAINED_DELTA",
        "edges { node { sign amount instruction outer } }",
    )
    .await;
    let mut signs = column(&unexplained, "sign");
    signs.sort_by_key(Value::as_i64);
    assert_eq!(signs, [-1, 1]);
    assert_eq!(nodes(&unexplained)[0]["instruction"], Value::Null);
}

async fn balances(world: &World) {
    let of = |account: &str, extra: &str| {
        format!(
            r#"{{ balance(network: "{RENDER}", account: "{account}"{extra}) {{ account owner amount decimals role sampleSize changedSlot evidence asOf {{ height }} meta {{ complete }} }} }}"#
        )
    };
    let treasury = world.data(&of(name("TREASURY"), "")).await;
    assert_eq!(
        treasury["balance"],
        json!({"account": name("TREASURY"), "owner": name("TREASURY_OWNER"), "amount": "9007191254740993", "decimals": 8, "role": "treasury",
            "sampleSize": 3, "changedSlot": 125, "evidence": "ONCHAIN", "asOf": {"height": 450}, "meta": {"complete": true}})
    );
    let burn = world.data(&of(name("BURN1"), "")).await;
    assert_eq!(burn["balance"]["amount"], "0");
    let before = world.data(&of(name("BURN1"), ", asOf: 139")).await;
    assert_eq!(before["balance"]["amount"], "500000000");
    let operator = world.data(&of(name("OP1"), "")).await;
    assert_eq!(
        (&operator["balance"]["amount"], &operator["balance"]["role"]),
        (&json!("2300000000"), &Value::Null)
    );
    // An account that no transaction listed, though it is well formed; an owner is not an account.
    for absent in [name("MINT"), name("OP1_OWNER")] {
        assert_eq!(world.data(&of(absent, "")).await, json!({"balance": null}));
    }
}

const AUDITS: &str = "network passed evidence asOf { height } supply { passed opening openingBasis minted burned expected observed drift slot decimals sampleSize failing
        slotsCompared slotsFailing firstFailingSlot reason }
    accounts { passed failing sampleSize answers slot findings { account owner delta last observed drift breaks sumsAgree } }
    unexplained { passed count sampleSize failedTransactions slot }";

async fn audits(world: &World) {
    let audits = ask(world, "audits", "", AUDITS).await;
    assert_eq!(
        audits["supply"],
        json!({"passed": true, "opening": "0", "openingBasis": "creation", "minted": "9007199254740993", "burned": "800000001", "expected": "9007198454740992",
            "observed": "9007198454740992", "drift": "0", "slot": 450, "decimals": 8, "sampleSize": 1, "failing": 0,
            "slotsCompared": 11, "slotsFailing": 0, "firstFailingSlot": null, "reason": null})
    );
    assert_eq!(
        audits["accounts"],
        json!({"passed": true, "failing": 0, "sampleSize": 6, "answers": 2, "slot": 450, "findings": []})
    );
    // Two changes that no instruction explains fail the whole, plainly.
    assert_eq!(
        audits["unexplained"],
        json!({"passed": false, "count": 2, "sampleSize": 12, "failedTransactions": 1, "slot": 450})
    );
    assert_eq!(
        (&audits["passed"], &audits["evidence"]),
        (&json!(false), &json!("DERIVED"))
    );
    // Before the unexplained change and before any answer of a node, supply is open, not passed.
    let early = ask(world, "audits", ", asOf: 300", AUDITS).await;
    assert_eq!(
        (&early["passed"], &early["supply"]["passed"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(early["unexplained"]["passed"], true);
    assert!(
        early["supply"]["reason"]
            .as_str()
            .unwrap()
            .contains("no node was asked")
    );
}

async fn status(world: &World) {
    let query = format!(
        r#"{{ indexStatus(network: "{RENDER}") {{ head {{ height time }} first {{ height time }} network {{ kind chainId }}
            facts {{ watermark completeFrom time }} state {{ watermark segments {{ from }} }} }} }}"#
    );
    let status = world.data(&query).await["indexStatus"].take();
    assert_eq!(status["head"], json!({"height": 450, "time": "2026-01-31T12:00:00Z"}));
    assert_eq!(status["first"], json!({"height": 100, "time": "2026-01-07T00:00:00Z"}));
    assert_eq!(status["network"], json!({"kind": "render", "chainId": "render-1"}));
    assert_eq!(
        status["facts"],
        json!({"watermark": 450, "completeFrom": 100, "time": "2026-01-31T12:00:00Z"})
    );
    assert_eq!(status["state"], json!({"watermark": null, "segments": []}));
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
        &account[1..],
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
