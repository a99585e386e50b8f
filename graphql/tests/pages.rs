//! Relay pages against the real engine: complete, without doubles, and pinned to one height.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{FACTS, WHOLE, World};

/// Walks a list page by page; between the pages the tip moves, and the walk must not notice.
#[tokio::test(flavor = "multi_thread")]
async fn a_walk_over_pages_is_complete_and_does_not_notice_the_tip_move() {
    let world = &World::start().await;
    let mut seen: Vec<String> = Vec::new();
    let mut after = Value::Null;
    let query = r#"query($after: String) { leases(network: "rec-whole-1", first: 1, after: $after) {
        totalCount asOf { height } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"#;
    for page in 0..10 {
        let answer = world.answer(query, json!({"after": after})).await;
        let leases = &answer["data"]["leases"];
        assert_eq!(leases["asOf"]["height"], 240, "{answer:#}");
        assert_eq!(leases["totalCount"], 4);
        seen.push(leases["edges"][0]["node"]["id"].as_str().unwrap().to_owned());
        after = leases["pageInfo"]["endCursor"].clone();
        assert_eq!(leases["edges"][0]["cursor"], after);
        if leases["pageInfo"]["hasNextPage"] == false {
            break;
        }
        if page == 0 {
            move_the_tip(world).await;
        }
    }
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((seen.len(), unique.len()), (4, 4));
    // Asked afresh, the list has the new lease on top, and an old cursor does not fit another height or network.
    let fresh = world
        .data(r#"{ leases(network: "rec-whole-1", first: 1) { totalCount asOf { height } edges { node { owner } } } }"#)
        .await;
    assert_eq!(
        fresh["leases"],
        json!({"totalCount": 5, "asOf": {"height": 241}, "edges": [{"node": {"owner": "past-the-watermark"}}]})
    );
    let cursor = after.as_str().unwrap();
    for (network, extra) in [(WHOLE, ", asOf: 241"), (FACTS, "")] {
        let query = format!(r#"{{ leases(network: "{network}", after: "{cursor}"{extra}) {{ totalCount }} }}"#);
        assert_eq!(world.code(&query).await, "INVALID_CURSOR");
    }
    let providers = world.data(r#"{ providers(network: "rec-whole-1", first: 1) { edges { node { owner } } pageInfo { hasNextPage endCursor } } }"#).await;
    assert_eq!(providers["providers"]["edges"][0]["node"]["owner"], "providerB");
    let cursor = providers["providers"]["pageInfo"]["endCursor"].as_str().unwrap();
    let next = world.data(&format!(r#"{{ providers(network: "rec-whole-1", first: 1, after: "{cursor}") {{ edges {{ node {{ owner }} }} pageInfo {{ hasNextPage }} }} }}"#)).await;
    assert_eq!(
        next["providers"],
        json!({"edges": [{"node": {"owner": "providerA"}}], "pageInfo": {"hasNextPage": false}})
    );
}

/// Commits height 241, in which a lease is created.
async fn move_the_tip(world: &World) {
    world
        .sql(
            "INSERT INTO blocks (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash) \
             VALUES ('rec-whole-1', 'whole-1', 241, '2026-03-02 01:00:30', -1, -1, -1, 1, 1)",
        )
        .await;
    world
        .sql(
            "INSERT INTO live_ranges (network, stage, version, from_height, to_height, generation, committed_at) VALUES \
             ('rec-whole-1', 'facts', 3, 1, 100, 2, now()), ('rec-whole-1', 'facts', 3, 101, 241, 1, now()), \
             ('rec-whole-1', 'state', 3, 1, 241, 1, now())",
        )
        .await;
}
