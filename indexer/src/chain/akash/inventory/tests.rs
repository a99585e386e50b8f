#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use prost::Message;
use serde_json::{Value, json};

use super::limits::{MAX_CARDS_PER_NODE, MAX_NODES};
use super::*;
use crate::chain::akash::proto::inventory as proto;

fn quantity(text: &str) -> Option<proto::Quantity> {
    Some(proto::Quantity {
        string: text.to_owned(),
    })
}

fn pair(allocatable: &str, allocated: &str) -> Option<Box<proto::ResourcePair>> {
    Some(Box::new(proto::ResourcePair {
        allocatable: quantity(allocatable),
        allocated: quantity(allocated),
    }))
}

fn card(interface: &str) -> proto::GpuInfo {
    proto::GpuInfo {
        vendor: "nvidia".to_owned(),
        name: "h100".to_owned(),
        interface: interface.to_owned(),
        memory_size: "80Gi".to_owned(),
    }
}

fn node(name: &str, cpu: (&str, &str), gpus: Vec<proto::GpuInfo>) -> proto::Node {
    let measured = |quantity| Some(Box::new(proto::Measured { quantity }));
    proto::Node {
        name: name.to_owned(),
        resources: Some(Box::new(proto::NodeResources {
            cpu: measured(pair(cpu.0, cpu.1)),
            memory: measured(pair("2163742105600", "1073741824000")),
            gpu: Some(Box::new(proto::Gpu {
                quantity: pair(&gpus.len().to_string(), "1"),
                info: gpus,
            })),
            ephemeral_storage: pair("7000000000000", "0"),
        })),
        capabilities: None,
    }
}

fn of_nodes(nodes: Vec<proto::Node>) -> proto::Status {
    proto::Status {
        cluster: Some(Box::new(proto::ClusterStatus {
            leases: Some(Box::new(proto::Leases { active: 3 })),
            inventory: Some(Box::new(proto::Inventory {
                cluster: Some(Box::new(proto::Cluster {
                    nodes,
                    storage: Vec::new(),
                })),
                reservations: None,
            })),
        })),
        ..proto::Status::default()
    }
}

fn read(message: &proto::Status) -> Result<ProviderStatus, InventoryError> {
    ProviderStatus::from_proto(&message.encode_to_vec())
}

/// The view of a whole message, as the reference has it.
fn view() -> Value {
    json!({"errors":["disk is slow"],"cluster":{"leases":{"active":3},"inventory":{"cluster":{"nodes":[{"name":"node1","resources":{
        "cpu":{"quantity":{"allocatable":{"string":"256"},"allocated":{"string":"136"},"capacity":{"string":"256"}},"info":[{"id":"0","vcores":224}]},
        "memory":{"quantity":{"allocatable":{"string":"2163742105600"},"allocated":{"string":"1000Gi"}},"info":[]},
        "gpu":{"quantity":{"allocatable":{"string":"8"},"allocated":{"string":"4"}},"info":[
            {"vendor":"nvidia","vendor_id":"10de","name":"h100","modelid":"2330","interface":"SXM5","memory_size":"80Gi"}]},
        "ephemeral_storage":{"allocatable":{"string":"7000000000000"},"allocated":{"string":"0"}},"volumes_attached":{},"volumes_mounted":{}},
        "capabilities":{"storage_classes":["beta3"]}}],
        "storage":[{"quantity":{"allocatable":{"string":"10995116277760"},"allocated":{"string":"0"}},"info":{"class":"beta3","iops":""}}]},
        "reservations":{"pending":{"count":1,"resources":{"gpu":{"string":"2"}}},
            "active":{"count":3,"resources":{"cpu":{"string":"136"},"gpu":{"string":"4"},"storage":{"beta3":{"string":"1Ti"}}}}}}},
        "bid_engine":{"orders":5},"manifest":{"deployments":3},"public_hostnames":["provider.example.com"],
        "timestamp":"2026-11-22T10:00:00Z","reclamation_window":"3600s"})
}

fn from_json(value: &Value) -> Result<ProviderStatus, InventoryError> {
    ProviderStatus::from_json(value.to_string().as_bytes())
}

#[test]
fn the_json_view_says_what_the_message_says() {
    let status = from_json(&view()).unwrap();
    assert_eq!((status.leases, status.deployments, status.orders), (3, 3, 5));
    assert_eq!((status.pending.gpu, status.active.cpu_milli), (2, 136_000));
    assert_eq!(status.active.storage_bytes["beta3"], 1 << 40);
    assert_eq!(
        (status.reclamation_window_s, status.reported_at_ms),
        (Some(3600), Some(1_795_341_600_000))
    );
    let totals = status.totals();
    assert_eq!(
        (totals.cpu_milli.allocatable, totals.cpu_milli.available),
        (256_000, 120_000)
    );
    assert_eq!(totals.persistent_bytes.available, 10_995_116_277_760);
    assert_eq!((totals.gpu.allocatable, totals.gpu.available), (8, 4));

    let message: proto::Status = serde_json::from_value(view()).unwrap();
    assert_eq!(read(&message).unwrap(), status);
}

#[test]
fn the_view_with_camel_case_names_is_the_same() {
    let camel = view().to_string();
    let camel = camel
        .replace("bid_engine", "bidEngine")
        .replace("public_hostnames", "publicHostnames");
    let camel = camel
        .replace("reclamation_window", "reclamationWindow")
        .replace("memory_size", "memorySize");
    assert_eq!(
        ProviderStatus::from_json(camel.as_bytes()).unwrap(),
        from_json(&view()).unwrap()
    );
}

#[test]
fn cards_are_counted_even_where_the_amount_says_otherwise() {
    let status = from_json(&view()).unwrap();
    let cards = status.gpus.unwrap();
    assert_eq!(cards.len(), 1);
    assert_eq!(
        (
            cards[0].cards,
            cards[0].kind.interface.as_str(),
            cards[0].served.interface.as_str()
        ),
        (1, "sxm", "SXM5")
    );
    assert_eq!(status.nodes[0].resources.gpu.allocatable, 8);
}

#[test]
fn overcommit_leaves_nothing_and_stays_visible() {
    let status = read(&of_nodes(vec![
        node("a", ("4", "6500m"), vec![]),
        node("b", ("8", "1"), vec![]),
    ]))
    .unwrap();
    let cpu = status.totals().cpu_milli;
    // The free cores of one node are not eaten up by the other one.
    assert_eq!(
        (cpu.allocatable, cpu.available, cpu.overcommitted),
        (12_000, 7_000, 2_500)
    );
}

#[test]
fn an_empty_message_is_a_provider_without_anything() {
    let status = ProviderStatus::from_proto(&[]).unwrap();
    assert_eq!(status.gpus, Some(Vec::new()));
    assert_eq!(status.totals(), Totals::default());
}

#[test]
fn the_time_is_no_change() {
    let earlier = from_json(&view()).unwrap();
    let mut later = earlier.clone();
    later.reported_at_ms = Some(7);
    assert!(later.is_same(&earlier) && later != earlier);
    later.leases += 1;
    assert!(!later.is_same(&earlier));
}

fn rest_new() -> Value {
    json!({"cluster":{"leases":3,"inventory":{
        "active":[{"cpu":8000,"gpu":1,"memory":34_359_738_368_u64,"storage_ephemeral":107_374_182_400_u64,"storage":{"beta3":1_099_511_627_776_u64}},
                  {"cpu":500,"gpu":0,"memory":1,"storage_ephemeral":1}],
        "pending":[{"cpu":1000,"gpu":2,"memory":1,"storage_ephemeral":1}],
        "available":{"nodes":[{"name":"node1",
            "allocatable":{"cpu":256_000,"gpu":8,"memory":2_147_483_648_000_u64,"storage_ephemeral":7_000_000_000_000_u64},
            "available":{"cpu":120_000,"gpu":4,"memory":1_000_000_000_000_u64,"storage_ephemeral":6_000_000_000_000_u64}}],
        "storage":[{"class":"beta3","size":10_995_116_277_760_u64}]}}},
        "bidengine":{"orders":1},"manifest":{"deployments":3},"cluster_public_hostname":"provider.example.com",
        "reclamation_window":3_600_000_000_000_u64,"address":"akash1provider"})
}

/// The same, as providers before 0.5.0 wrote numbers.
fn rest_old() -> Value {
    let mut body = rest_new();
    fn wrap(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match (key.as_str(), value.is_number()) {
                        ("cpu" | "gpu", true) => *value = json!({"units": {"val": value.to_string()}}),
                        ("memory" | "storage_ephemeral", true) => {
                            *value = json!({"quantity": {"val": value.to_string()}})
                        }
                        ("beta3" | "size", true) => *value = json!({"val": value.to_string()}),
                        _ => wrap(value),
                    }
                }
            }
            Value::Array(list) => list.iter_mut().for_each(wrap),
            _ => {}
        }
    }
    wrap(&mut body);
    body
}

#[test]
fn both_rest_shapes_say_the_same() {
    let status = from_json(&rest_new()).unwrap();
    assert_eq!(from_json(&rest_old()).unwrap(), status);
    assert_eq!(
        (
            status.leases,
            status.active.count,
            status.active.cpu_milli,
            status.pending.gpu
        ),
        (3, 2, 8_500, 2)
    );
    assert_eq!(
        status.nodes[0].resources.cpu_milli,
        Amount {
            allocatable: 256_000,
            allocated: 136_000
        }
    );
    assert_eq!(
        (status.reclamation_window_s, status.address.as_deref()),
        (Some(3600), Some("akash1provider"))
    );
    // What is left of the class, and what a lease holds of it.
    let class = &status.storage[0];
    assert_eq!(
        (class.bytes.available(), class.bytes.allocated),
        (10_995_116_277_760, 1_099_511_627_776)
    );
}

#[test]
fn rest_says_nothing_about_cards() {
    assert_eq!(from_json(&rest_new()).unwrap().gpus, None);
}

#[test]
fn a_rest_node_below_zero_is_overcommitted() {
    for below in [json!(-2), json!(u64::MAX - 1), json!("18446744073709551614")] {
        let mut body = rest_new();
        body["cluster"]["inventory"]["available"]["nodes"][0]["available"]["gpu"] = below;
        let gpu = from_json(&body).unwrap().totals().gpu;
        assert_eq!((gpu.allocatable, gpu.available, gpu.overcommitted), (8, 0, 2));
    }
}

#[test]
fn what_is_no_status_is_refused() {
    for body in [
        "",
        "{}",
        "[]",
        "null",
        "<html>",
        r#"{"cluster":7}"#,
        r#"{"message":"not found"}"#,
        "{\"cluster\":{\"leases\":-1}}",
    ] {
        assert_eq!(
            ProviderStatus::from_json(body.as_bytes()).unwrap_err().code(),
            "malformed",
            "{body}"
        );
    }
    let deep = format!(
        r#"{{"cluster":{{"inventory":{}{}}}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_eq!(
        ProviderStatus::from_json(deep.as_bytes()).unwrap_err().code(),
        "malformed"
    );
    assert_eq!(
        ProviderStatus::from_proto(b"garbage, not protobuf").unwrap_err().code(),
        "malformed"
    );
}

#[test]
fn a_quantity_that_nobody_can_read_is_an_error_that_names_the_field() {
    let error = read(&of_nodes(vec![node("a", ("lots", "1"), vec![])])).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"node 0: cpu.allocatable: "lots" is no quantity: it has no digit"#
    );
    let error = read(&of_nodes(vec![node("a", ("9223372036854775807", "1"), vec![])])).unwrap_err();
    assert_eq!(error.code(), "overflow");
}

#[test]
fn there_are_not_more_nodes_or_cards_than_are_taken() {
    let many = read(&of_nodes(vec![proto::Node::default(); MAX_NODES + 1])).unwrap_err();
    assert_eq!(many.to_string(), "1025 nodes: 1024 are the most that is taken");
    assert!(read(&of_nodes(vec![proto::Node::default(); MAX_NODES])).is_ok());
    let cards = vec![proto::GpuInfo::default(); MAX_CARDS_PER_NODE + 1];
    assert_eq!(
        read(&of_nodes(vec![node("a", ("1", "1"), cards)])).unwrap_err().code(),
        "too_many"
    );
    let kinds = (0..65).map(|n| proto::GpuInfo {
        name: format!("h{n}"),
        ..proto::GpuInfo::default()
    });
    let error = read(&of_nodes(vec![node("a", ("1", "1"), kinds.collect())])).unwrap_err();
    assert_eq!(error.to_string(), "65 kinds of cards: 64 are the most that is taken");
    let nodes = format!(
        r#"{{"cluster":{{"inventory":{{"cluster":{{"nodes":[{}{{}}]}}}}}}}}"#,
        "{},".repeat(60_000)
    );
    assert_eq!(
        ProviderStatus::from_json(nodes.as_bytes()).unwrap_err().code(),
        "too_many"
    );
}

#[test]
fn gpus_are_few_and_sums_fit() {
    let mut lots = node("a", ("1", "1"), vec![]);
    lots.resources.as_mut().unwrap().gpu.as_mut().unwrap().quantity = pair("1E", "0");
    assert_eq!(read(&of_nodes(vec![lots])).unwrap_err().code(), "overflow");
    let mut wide = node("a", ("1", "1"), vec![]);
    wide.resources.as_mut().unwrap().ephemeral_storage = pair("5E", "0");
    assert!(read(&of_nodes(vec![wide.clone()])).is_ok());
    let error = read(&of_nodes(vec![wide.clone(), wide])).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("ephemeral storage of all nodes does not fit"),
        "{error}"
    );
}

#[test]
fn names_are_clipped_and_printable() {
    let name = format!("evil\u{1b}[31m\n{}", "x".repeat(5_000));
    let status = read(&of_nodes(vec![node(&name, ("1", "1"), vec![card("SXM5\u{202e}")])])).unwrap();
    assert_eq!(status.nodes[0].name.chars().count(), 128);
    assert!(!status.nodes[0].name.chars().any(char::is_control));
    assert_eq!(status.nodes[0].gpus[0].served.interface, "SXM5");
}

proptest! {
    #[test]
    fn no_bytes_bring_the_readers_down(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = ProviderStatus::from_proto(&bytes);
        let _ = ProviderStatus::from_json(&bytes);
        let _ = ProviderVersion::from_json(&bytes);
    }

    #[test]
    fn no_flipped_byte_brings_them_down(at in 0_usize..2_000, flip in 1_u8..=255) {
        let mut json = view().to_string().into_bytes();
        let at_json = at % json.len();
        json[at_json] ^= flip;
        let _ = ProviderStatus::from_json(&json);
        let mut bytes = of_nodes(vec![node("a", ("4", "2"), vec![card("SXM5")])]).encode_to_vec();
        let at_bytes = at % bytes.len();
        bytes[at_bytes] ^= flip;
        let _ = ProviderStatus::from_proto(&bytes);
    }

    #[test]
    fn what_is_available_never_exceeds_what_there_is(there in 0_u32..5_000, taken in 0_u32..9_000) {
        let status = read(&of_nodes(vec![node("a", (&format!("{there}m"), &format!("{taken}m")), vec![])])).unwrap();
        let cpu = status.totals().cpu_milli;
        prop_assert!(cpu.available <= cpu.allocatable);
        prop_assert_eq!(cpu.allocatable + cpu.overcommitted, cpu.available + u64::from(taken));
    }

    #[test]
    fn cards_of_all_nodes_are_the_cards_of_each(cards in proptest::collection::vec(0_usize..9, 0..6)) {
        let nodes = cards.iter().map(|n| node("a", ("1", "0"), vec![card("PCIe"); *n])).collect();
        let status = read(&of_nodes(nodes)).unwrap();
        let counted: u32 = status.gpus.iter().flatten().map(|c| c.cards).sum();
        prop_assert_eq!(counted as usize, cards.iter().sum::<usize>());
    }
}
