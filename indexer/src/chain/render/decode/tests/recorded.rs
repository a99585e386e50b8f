//! Recorded bodies: both encodings, wire transactions.

use crate::chain::render::decode::{decode_slot, wire};
use crate::chain::render::model::{Program, Slot, Version};
use crate::chain::render::testing::{WORLD, json, raw_slots};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

fn decoded(encoding: &str) -> Vec<Slot> {
    raw_slots(WORLD, encoding)
        .iter()
        .map(|raw| decode_slot(raw).unwrap())
        .collect()
}

#[test]
fn json_and_base64_give_the_same_296_transactions() {
    let (json, base64) = (decoded("json"), decoded("base64"));
    assert_eq!(json.iter().map(|slot| slot.transactions.len()).sum::<usize>(), 296);
    assert_eq!(json, base64);
    let versions = |version| {
        json.iter()
            .flat_map(|slot| &slot.transactions)
            .filter(|one| one.version == version)
            .count()
    };
    assert_eq!((versions(Version::Legacy), versions(Version::V0)), (246, 50));
}

#[test]
fn the_order_in_which_a_node_lists_transactions_does_not_matter() {
    let mut all = raw_slots(WORLD, "json");
    let transactions: Vec<_> = all
        .iter_mut()
        .take(3)
        .flat_map(|slot| slot.transactions.drain(..))
        .collect();
    // One slot of three transactions: slot and time of the bodies are made the same.
    let same = |raw: &crate::source::RawTransaction| {
        let mut body: serde_json::Value = serde_json::from_slice(&raw.body).unwrap();
        (body["slot"], body["blockTime"]) = (7.into(), 1_700_000_000.into());
        crate::chain::render::testing::raw_transaction(&body, &raw.signature)
    };
    let mut raw = crate::chain::render::testing::raw_slot(7, transactions.iter().map(same).collect());
    let once = decode_slot(&raw).unwrap();
    raw.transactions.reverse();
    assert_eq!(once, decode_slot(&raw).unwrap());
    assert_eq!(once.transactions.len(), 3);
}

#[test]
fn the_recorded_wire_transactions_are_read_to_their_instructions() {
    let tag = |data: &[u8]| data.first().copied();
    // Names in the file, and the tags of token instructions in each, from its own labels.
    let expected: [(&str, &[u8], &[&str]); 9] = [
        ("create_mint8", &[20], &[]),
        ("create_atas", &[], &[]),
        ("mint_to 760567 RENDER", &[7], &[]),
        ("mint_to_checked", &[14], &[]),
        ("reward transfer_checked", &[12], &[]),
        ("fund burn wallet plain transfer", &[3], &[]),
        ("burn + memo", &[8], &["{\"epoch\":97}"]),
        ("burn_checked", &[15], &[]),
        ("batch(transfer, transfer_checked)", &[255], &[]),
    ];
    let file = json("render-rpc/litesvm_render_like_txs.json");
    let file = file.as_array().unwrap();
    assert_eq!(file.len(), expected.len());
    for (one, (name, tags, memos)) in file.iter().zip(expected) {
        assert_eq!(one["name"], name);
        let bytes = STANDARD.decode(one["tx_base64"].as_str().unwrap()).unwrap();
        let message = wire::read(&bytes).unwrap();
        assert_eq!(
            (message.signature.as_str(), message.version),
            (one["signature"].as_str().unwrap(), Version::Legacy)
        );
        let mut found = (Vec::new(), Vec::new());
        for call in message.calls {
            match Program::at(&message.keys[call.program]) {
                Some(Program::Memo) => found.1.push(String::from_utf8(call.data.bytes().unwrap()).unwrap()),
                Some(_) => found.0.extend(tag(&call.data.bytes().unwrap())),
                None => {}
            }
        }
        assert_eq!(
            (found.0.as_slice(), found.1),
            (tags, memos.iter().map(|memo| (*memo).to_owned()).collect()),
            "{name}"
        );
    }
}
