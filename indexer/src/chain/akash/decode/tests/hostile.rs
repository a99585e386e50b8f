//! Answers that no honest node gives: each is a typed error, never a panic and never a wrong block.

use super::change::{attribute_mut, event_mut, raw_at, with_block, with_meta, with_results};
use crate::chain::akash::decode::{Body, DecodeError, LinkError, check_link, decode_block};
use crate::chain::akash::model::{EventBody, Header};
use crate::chain::akash::testing::path;
use crate::source::RawBlock;
use bytes::Bytes;
use serde_json::{Value, json};

/// A block with three transactions, a bid among them.
fn raw() -> RawBlock {
    raw_at("akash-gridlocal-1", 27)
}

fn results_of(text: &str) -> RawBlock {
    RawBlock {
        results: Bytes::copy_from_slice(text.as_bytes()),
        ..raw()
    }
}

fn error(raw: &RawBlock) -> DecodeError {
    decode_block(raw).unwrap_err()
}

#[test]
fn a_body_that_is_cut_off_says_so_at_every_length() {
    let whole = raw();
    for length in (1..whole.results.len()).step_by(97) {
        let cut = RawBlock {
            results: whole.results.slice(..length),
            ..whole.clone()
        };
        assert!(
            matches!(
                error(&cut),
                DecodeError::Truncated {
                    body: Body::Results,
                    ..
                }
            ),
            "{length}"
        );
    }
}

#[test]
fn html_and_other_text_is_not_json() {
    for text in [
        "<html><body>502 Bad Gateway</body></html>",
        "  upstream connect error",
        "\u{feff}{}",
        "[]",
        "null",
    ] {
        let error = error(&results_of(text));
        assert!(
            matches!(
                error,
                DecodeError::NotJson {
                    body: Body::Results,
                    ..
                }
            ),
            "{text}: {error}"
        );
    }
    assert!(matches!(
        error(&results_of("")),
        DecodeError::Truncated { bytes: 0, .. }
    ));
    assert!(matches!(
        error(&results_of("{}")),
        DecodeError::Missing { what: "`result`", .. }
    ));
    assert!(matches!(
        error(&results_of(r#"{"result":{"height":27}}"#)),
        DecodeError::Shape { .. }
    ));
    assert!(matches!(
        error(&results_of(r#"{"result":{"height":"27"},"result":{}}"#)),
        DecodeError::Shape { .. }
    ));
}

#[test]
fn real_error_bodies_of_a_node_are_errors_of_the_node() {
    let file = path("akash-gridlocal-1", "rpc_errors.json");
    let recorded: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut bodies = Vec::new();
    collect_errors(&recorded, &mut bodies);
    assert!(bodies.len() >= 3, "{recorded}");
    for body in bodies {
        let error = error(&results_of(&body));
        assert!(
            matches!(error, DecodeError::Rpc { code, .. } if code < 0),
            "{body}: {error}"
        );
    }
}

/// JSON-RPC bodies with an error, wherever they lie in the file, as text or as JSON.
fn collect_errors(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) if fields.contains_key("jsonrpc") && fields.contains_key("error") => {
            out.push(value.to_string());
        }
        Value::Object(fields) => fields.values().for_each(|value| collect_errors(value, out)),
        Value::Array(items) => items.iter().for_each(|value| collect_errors(value, out)),
        Value::String(text) => {
            if let Ok(inner @ Value::Object(_)) = serde_json::from_str(text) {
                collect_errors(&inner, out);
            }
        }
        _ => {}
    }
}

#[test]
fn bodies_of_another_height_are_refused() {
    let results = with_results(&raw(), |result| result["height"] = json!("28"));
    assert!(matches!(
        error(&results),
        DecodeError::WrongHeight {
            body: Body::Results,
            got: 28,
            ..
        }
    ));
    let meta = with_meta(&raw(), |meta| meta["header"]["height"] = json!("26"));
    assert!(matches!(
        error(&meta),
        DecodeError::WrongHeight {
            body: Body::Meta,
            got: 26,
            ..
        }
    ));
    let block = with_block(&raw(), |result| result["block"]["header"]["height"] = json!("1"));
    assert!(matches!(
        error(&block),
        DecodeError::WrongHeight {
            body: Body::Block,
            got: 1,
            ..
        }
    ));
    for height in ["-1", "+27", "27 ", "", "99999999999999999999", "٢٧"] {
        let odd = with_results(&raw(), |result| result["height"] = json!(height));
        assert!(matches!(error(&odd), DecodeError::Field { .. }), "{height:?}");
    }
}

#[test]
fn a_block_of_another_chain_or_hash_is_refused() {
    let chain = with_block(&raw(), |result| {
        result["block"]["header"]["chain_id"] = json!("akashnet-2")
    });
    assert!(matches!(error(&chain), DecodeError::WrongChain { .. }));
    let hash = with_block(&raw(), |result| result["block_id"]["hash"] = json!("00".repeat(32)));
    assert!(matches!(error(&hash), DecodeError::WrongBlock { .. }));
    let short = with_meta(&raw(), |meta| meta["block_id"]["hash"] = json!("00"));
    assert!(matches!(error(&short), DecodeError::Field { body: Body::Meta, .. }));
}

#[test]
fn missing_or_surplus_transactions_are_seen() {
    let none = with_results(&raw(), |result| result["txs_results"] = Value::Null);
    assert!(
        matches!(
            error(&none),
            DecodeError::TxCount {
                header: 3,
                block: 3,
                results: 0,
                ..
            }
        ),
        "{}",
        error(&none)
    );
    let short = with_results(&raw(), |result| {
        result["txs_results"].as_array_mut().unwrap().pop();
    });
    assert!(matches!(error(&short), DecodeError::TxCount { results: 2, .. }));
    let meta = with_meta(&raw(), |meta| meta["num_txs"] = json!("4"));
    assert!(matches!(error(&meta), DecodeError::TxCount { header: 4, .. }));
}

#[test]
fn swapped_dropped_and_changed_transactions_break_the_data_hash() {
    let swapped = with_block(&raw(), |result| {
        result["block"]["data"]["txs"].as_array_mut().unwrap().swap(0, 1)
    });
    assert!(matches!(error(&swapped), DecodeError::DataHash { .. }));
    let dropped = with_block(&raw(), |result| {
        result["block"]["data"]["txs"].as_array_mut().unwrap().pop();
    });
    assert!(matches!(error(&dropped), DecodeError::DataHash { .. }));
    let changed = with_block(&raw(), |result| result["block"]["data"]["txs"][0] = json!("AAAA"));
    assert!(matches!(error(&changed), DecodeError::DataHash { .. }));
    let garbled = with_block(&raw(), |result| result["block"]["data"]["txs"][0] = json!("not base64"));
    assert!(matches!(error(&garbled), DecodeError::Field { body: Body::Block, .. }));
}

#[test]
fn impossible_amounts_are_errors() {
    let too_large = format!("{}uact", "9".repeat(40));
    let odd = [
        "-5uact",
        "5",
        "uact",
        "5uact,",
        "5uact,,6uakt",
        "5 uact",
        &too_large,
        "5u\u{0}ct",
    ];
    for amount in odd {
        let raw = with_results(&raw(), |result| {
            *attribute_mut(event_mut(result, "transfer"), "amount") = json!(amount);
        });
        assert!(matches!(error(&raw), DecodeError::Event { .. }), "{amount}");
    }
    let nothing = with_results(&raw(), |result| {
        *attribute_mut(event_mut(result, "transfer"), "amount") = json!("")
    });
    assert!(decode_block(&nothing).is_ok(), "an empty list of coins is no coins");
}

#[test]
fn impossible_prices_and_ids_are_errors() {
    let kind = "akash.market.v1.EventBidCreated";
    let prices = [
        r#"{"denom":"uact","amount":"-1.0"}"#,
        r#"{"denom":"uact","amount":"1e9"}"#,
        r#"{"denom":"uact","amount":"999999999999999999999999.0"}"#,
        r#"{"denom":"","amount":"1.0"}"#,
        r#"{"amount":"1.0"}"#,
        "null",
        "uact",
    ];
    for price in prices {
        let raw = with_results(&raw(), |result| {
            *attribute_mut(event_mut(result, kind), "price") = json!(price)
        });
        assert!(matches!(error(&raw), DecodeError::Event { .. }), "{price}");
    }
    let deep = "[".repeat(100_000);
    let ids = [
        r#"{"owner":"a","dseq":"1","gseq":1,"oseq":1}"#,
        r#"{"owner":"a","dseq":"18446744073709551616","gseq":1,"oseq":1,"provider":"p"}"#,
        r#"{"owner":"a","dseq":"1","gseq":4294967296,"oseq":1,"provider":"p"}"#,
        r#"{"owner":"a","dseq":-1,"gseq":1,"oseq":1,"provider":"p"}"#,
        r#"{"owner":"a","owner":"b","dseq":"1","gseq":1,"oseq":1,"provider":"p"}"#,
        &deep,
    ];
    for id in ids {
        let raw = with_results(&raw(), |result| {
            *attribute_mut(event_mut(result, kind), "id") = json!(id)
        });
        assert!(
            matches!(error(&raw), DecodeError::Event { .. }),
            "{}",
            &id[..id.len().min(60)]
        );
    }
}

#[test]
fn of_duplicated_attributes_the_first_field_and_the_last_place_count() {
    let raw = with_results(&raw(), |result| {
        let event = event_mut(result, "akash.market.v1.EventBidCreated");
        let list = event["attributes"].as_array_mut().unwrap();
        list.push(json!({"key": "price", "value": "{\"denom\":\"uakt\",\"amount\":\"1.0\"}"}));
        list.insert(0, json!({"key": "msg_index", "value": "7"}));
    });
    let block = decode_block(&raw).unwrap();
    let truth = decode_block(&self::raw()).unwrap();
    assert_eq!(block, truth);
}

#[test]
fn a_message_index_that_is_no_number_is_an_error() {
    let raw = with_results(&raw(), |result| {
        *attribute_mut(event_mut(result, "akash.market.v1.EventBidCreated"), "msg_index") = json!("-1");
    });
    assert!(matches!(error(&raw), DecodeError::Event { .. }));
}

#[test]
fn bad_base64_in_an_old_nodes_answer_is_an_error_only_where_it_matters() {
    let old = raw_at("akash-gridlocal-v038", 28);
    let known = with_results(&old, |result| {
        let event = event_mut(result, "akash.v1");
        event["attributes"][2]["value"] = json!("%%%");
    });
    assert!(matches!(error(&known), DecodeError::Event { .. }));
    let not_text = with_results(&old, |result| {
        event_mut(result, "akash.v1")["attributes"][2]["value"] = json!("/////w==");
    });
    assert!(matches!(error(&not_text), DecodeError::Event { .. }));
    let unknown = with_results(&old, |result| {
        let event = event_mut(result, "akash.v1");
        event["type"] = json!("never.heard.of");
        event["attributes"] = json!([{"key": "%%%", "value": "/////w=="}]);
    });
    let block = decode_block(&unknown).unwrap();
    let kept = block.txs.iter().flat_map(|tx| &tx.events);
    assert_eq!(
        kept.filter(|event| matches!(event.body, EventBody::Unknown { .. }))
            .count(),
        1
    );
}

#[test]
fn an_unknown_event_is_kept_up_to_a_bound() {
    let many: Vec<Value> = (0..1000)
        .map(|key| json!({"key": format!("k{key}"), "value": "v".repeat(10_000)}))
        .collect();
    let raw = with_results(&raw(), |result| {
        let events = result["finalize_block_events"].as_array_mut().unwrap();
        events.push(json!({"type": "akash.next.v1.EventSomething", "attributes": many}));
    });
    let block = decode_block(&raw).unwrap();
    let EventBody::Unknown { kind, attributes } = &block.events.last().unwrap().body else {
        panic!("{:?}", block.events.last());
    };
    assert_eq!(kind, "akash.next.v1.EventSomething");
    assert_eq!((attributes.len(), attributes[0].value.len()), (64, 4096));
}

#[test]
fn of_a_failed_transaction_only_the_fee_means_anything() {
    let failed = with_results(&raw(), |result| {
        for tx in result["txs_results"].as_array_mut().unwrap() {
            tx["code"] = json!(11);
            tx["data"] = json!("????");
        }
    });
    for tx in decode_block(&failed).unwrap().txs {
        assert!(!tx.succeeded());
        assert!(
            tx.events
                .iter()
                .all(|event| matches!(event.body, EventBody::Fee { .. }))
        );
        assert_eq!(tx.events.len(), 1);
    }
    let garbled = with_results(&raw(), |result| result["txs_results"][0]["data"] = json!("????"));
    assert!(matches!(error(&garbled), DecodeError::Tx { tx_index: 0, .. }));
}

fn header(height: u64, hash: &str, parent: &str) -> Header {
    let header = decode_block(&raw()).unwrap().header;
    Header {
        height,
        hash: hash.to_owned(),
        parent_hash: parent.to_owned(),
        ..header
    }
}

#[test]
fn headers_that_do_not_follow_each_other_are_told_apart() {
    let first = header(5, "A", "");
    assert_eq!(check_link(&first, &header(6, "B", "A")), Ok(()));
    assert_eq!(
        check_link(&first, &header(5, "A", "")),
        Err(LinkError::Duplicate { height: 5 })
    );
    assert_eq!(
        check_link(&first, &header(7, "C", "B")),
        Err(LinkError::Gap { prev: 5, next: 7 })
    );
    assert_eq!(
        check_link(&first, &header(4, "C", "A")),
        Err(LinkError::Gap { prev: 5, next: 4 })
    );
    assert!(matches!(
        check_link(&first, &header(6, "B", "X")),
        Err(LinkError::Parent { height: 6, .. })
    ));
    let other = Header {
        chain_id: "other".to_owned(),
        ..header(6, "B", "A")
    };
    assert!(matches!(check_link(&first, &other), Err(LinkError::Chain { .. })));
    assert!(check_link(&header(u64::MAX, "A", ""), &header(0, "B", "A")).is_err());
}
