//! Bodies changed at random: nothing panics, and nothing that moves an amount passes in silence.

use crate::chain::render::decode::{decode_slot, wire};
use crate::chain::render::explain::{Kind, explain};
use crate::chain::render::testing::body::{Body, TOKEN, checked, key, plain};
use crate::chain::render::testing::{WORLD, raw_slots, rules};
use crate::source::RawSlot;
use bytes::Bytes;
use proptest::prelude::{any, prop, prop_assert, proptest};
use std::sync::LazyLock;

static SLOTS: LazyLock<Vec<RawSlot>> = LazyLock::new(|| {
    let mut slots = raw_slots(WORLD, "json");
    slots.extend(raw_slots(WORLD, "base64"));
    slots
});

/// Everything that happens to a body between the network and the rows.
fn run(raw: &RawSlot) -> bool {
    let Ok(slot) = decode_slot(raw) else { return false };
    let mint = &rules(WORLD).watch.mint;
    slot.transactions
        .iter()
        .for_each(|transaction| drop(explain(mint, transaction)));
    true
}

fn with_body(raw: &RawSlot, body: Vec<u8>) -> RawSlot {
    let mut raw = raw.clone();
    raw.transactions[0].body = Bytes::from(body);
    raw
}

proptest! {
    #[test]
    fn a_body_that_is_cut_off_never_passes(pick in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>()) {
        let raw = pick.get(&SLOTS);
        let body = &raw.transactions[0].body;
        prop_assert!(!run(&with_body(raw, body[..cut.index(body.len())].to_vec())));
    }

    #[test]
    fn a_body_with_changed_bytes_never_panics(pick in any::<prop::sample::Index>(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let raw = pick.get(&SLOTS);
        let mut body = raw.transactions[0].body.to_vec();
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        run(&with_body(raw, body));
    }

    #[test]
    fn wire_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), first in prop::sample::select(vec![0x81_u8, 1, 0x80, 0])) {
        let mut wire_bytes = vec![first];
        wire_bytes.extend(bytes);
        drop(wire::read(&wire_bytes));
    }

    #[test]
    fn version_1_with_a_changed_length_never_passes(cut in any::<prop::sample::Index>(), more in 1_usize..40) {
        let bytes = Body::new().call(TOKEN, &["a", "b", "payer"], &plain(3, 2)).memo("x").version_1_bytes();
        prop_assert!(wire::read(&bytes).is_ok());
        prop_assert!(wire::read(&bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(wire::read(&[bytes, vec![0; more]].concat()).is_err());
    }

    #[test]
    fn an_amount_that_was_changed_anywhere_is_unexplained(amounts in prop::array::uniform5(0_u64..1_000)) {
        let [transferred, from_before, from_after, to_before, to_after] = amounts;
        let body = Body::new()
            .call(TOKEN, &["a", "mint", "b", "payer"], &checked(12, transferred))
            .balance("a", "alice", Some(from_before), Some(from_after))
            .balance("b", "bob", Some(to_before), Some(to_after));
        let events = explain(&key("mint"), &body.transaction()).unwrap().events;
        let unexplained = events.iter().filter(|event| event.kind == Kind::UnexplainedDelta);
        let honest = from_before.wrapping_sub(from_after) == transferred && to_after.wrapping_sub(to_before) == transferred;
        prop_assert!(honest == (unexplained.count() == 0));
        // And whatever the body says, events add up to balances.
        let sum = |account: &str| -> i128 {
            let gain = |party: &str, sign: i128, amount: u64| if party == account { sign * i128::from(amount) } else { 0 };
            events.iter().map(|event| gain(&event.source.account, -1, event.amount) + gain(&event.dest.account, 1, event.amount)).sum()
        };
        prop_assert!(sum(&key("a")) == i128::from(from_after) - i128::from(from_before));
        prop_assert!(sum(&key("b")) == i128::from(to_after) - i128::from(to_before));
    }
}

#[test]
fn a_wire_transaction_cut_anywhere_is_refused() {
    let body = Body::new().call(TOKEN, &["a", "b", "payer"], &plain(3, 2));
    for json in [body.base64(), body.version_1()] {
        use base64::Engine;
        let encoded = json["transaction"][0].as_str().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
        for cut in 0..bytes.len() {
            assert!(wire::read(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }
}
