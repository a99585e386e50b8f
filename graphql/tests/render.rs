//! A network of kind render against the real engine: every number can be checked by hand in `support/render.sql`.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::names::name;
use support::{RENDER, World};

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
    planted_errors(&world).await;
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
    // Who is not paid yet in an epoch under way is not lost.
    assert_eq!(
        column(&list, "lostRecipients"),
        [json!(null), json!(1), json!(0), json!(0)]
    );
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

/// A node that answers another supply and another balance fails the audits, and the account is named.
async fn planted_errors(world: &World) {
    let (mint, burn) = (name("MINT"), name("BURN1"));
    world
        .sql(&format!(
            "INSERT INTO render_observations (network, chain_id, slot, block_time, signature, outer, inner, batch, generation, row_hash, subject, \
             address, owner, amount, endpoint, evidence) VALUES \
             ('{RENDER}', 'render-1', 450, '2026-01-31 12:00:00', '{mint}', -1, -1, -1, 1, 2, 'supply', '{mint}', '', 1, 'other', 'onchain'), \
             ('{RENDER}', 'render-1', 450, '2026-01-31 12:00:00', '{burn}', -1, -1, -1, 1, 3, 'balance', '{burn}', '', 7, 'other', 'onchain')"
        ))
        .await;
    let audits = ask(world, "audits", "", AUDITS).await;
    let supply = &audits["supply"];
    assert_eq!(
        (
            &supply["passed"],
            &supply["failing"],
            &supply["sampleSize"],
            &supply["firstFailingSlot"]
        ),
        (&json!(false), &json!(1), &json!(2), &json!(450))
    );
    let accounts = &audits["accounts"];
    assert_eq!(
        (&accounts["passed"], &accounts["failing"], &accounts["answers"]),
        (&json!(false), &json!(1), &json!(3))
    );
    assert_eq!(accounts["findings"][0]["account"], burn);
    assert_eq!(
        (
            &accounts["findings"][0]["sumsAgree"],
            &accounts["findings"][0]["breaks"]
        ),
        (&json!(true), &json!(0))
    );
}
