//! Render as the pipeline sees it.

use super::RenderRules;
use super::decode::decode_slot;
use super::facts;
use super::model::Slot;
use super::observation;
use crate::chain::{Edge, Family, Fault, NoMachine, Rejected};
use crate::source::{Observed, RawSlot};
use gridproof_store::batch::{Batch, TableRow};
use sha2::{Digest, Sha256};

/// Version of the code that derives rows. Raise it when the same archive and the same rules give other rows.
const DECODER_VERSION: u32 = 1;

/// Slots of a day, at 400 ms each.
const DAY_SLOTS: u64 = 216_000;

impl Family for RenderRules {
    const KIND: &'static str = "render";
    /// A day: a few transactions, and one page of signatures for each address.
    const RANGE_HEIGHTS: u64 = DAY_SLOTS;
    /// A month: what happens in it fits into memory, and a recording of years is a few ranges.
    const MAX_RANGE_HEIGHTS: u64 = 30 * DAY_SLOTS;
    const DIGEST_TABLE: &'static str = facts::SlotRow::TABLE;
    const EVERY_HEIGHT: bool = false;
    const LINKED: bool = false;
    const HEIGHTS: &'static str = "slots";

    type Raw = RawSlot;
    type Block = Slot;
    type Machine = NoMachine;

    /// A hash of the version and of all rules: classes and epochs are columns, so rows of two watch sets never share a
    /// token.
    fn decoder(&self) -> u32 {
        let mut text = format!("{DECODER_VERSION}:{}:", self.watch.fingerprint());
        // Texts and integers have a JSON form.
        text.push_str(&serde_json::to_string(&self.epochs).unwrap_or_default());
        let hash = Sha256::digest(text.as_bytes());
        u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]])
    }

    fn decode(&self, _: &str, raws: &[RawSlot]) -> Result<Vec<Slot>, Rejected> {
        for pair in raws.windows(2) {
            if pair[0].slot >= pair[1].slot {
                let why = format!("slot {} follows slot {}", pair[1].slot, pair[0].slot);
                return Err(Rejected::because(Fault::BadBody, pair[1].slot, why));
            }
        }
        let decode = |raw| decode_slot(raw).map_err(|error| Rejected::new(Fault::Decode, raw.slot, &error));
        raws.iter().map(decode).collect()
    }

    fn derive(&self, slot: &Slot, batch: &mut Batch) -> Result<(), Rejected> {
        facts::derive(self, slot, batch).map_err(|error| Rejected::new(Fault::Derive, slot.slot, &error))
    }

    fn edge(_: &Slot) -> Option<Edge> {
        None
    }

    fn raw_edge(_: &RawSlot) -> Option<Edge> {
        None
    }

    fn time_s(_: &[RawSlot], slots: &[Slot]) -> Option<i64> {
        slots.iter().rev().find_map(|slot| slot.block_time)
    }

    fn followed(&self) -> Vec<String> {
        let mut all: Vec<String> = self.watch.followed().map(str::to_owned).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn observed(&self, seen: &Observed, batch: &mut Batch) -> Result<(), Rejected> {
        observation::derive(self, seen, batch).map_err(|error| Rejected::new(Fault::Derive, seen.height, &error))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::epochs::EpochTable;
    use super::super::watch::{Role, WatchSet};
    use super::*;

    fn rules() -> RenderRules {
        RenderRules {
            chain_id: "c".into(),
            watch: WatchSet::mainnet(),
            epochs: EpochTable::mainnet(),
        }
    }

    #[test]
    fn rules_that_classify_alike_give_the_same_token_and_others_another() {
        let known = rules().decoder();
        assert_eq!(rules().decoder(), known);
        let mut turned = rules();
        turned.watch.accounts.reverse();
        assert_eq!(turned.decoder(), known, "the order of the list says nothing");
        let mut other = rules();
        other.watch.accounts[0].role = Role::Market;
        assert_ne!(other.decoder(), known);
    }

    #[test]
    fn rules_survive_their_document() {
        let document = serde_json::to_vec(&rules()).unwrap();
        assert_eq!(serde_json::from_slice::<RenderRules>(&document).unwrap(), rules());
    }

    #[test]
    fn slots_out_of_order_are_rejected() {
        let slot = |slot| RawSlot {
            slot,
            window: None,
            transactions: Vec::new(),
        };
        for pair in [[slot(2), slot(1)], [slot(2), slot(2)]] {
            assert_eq!(rules().decode("c", &pair).unwrap_err().fault, Fault::BadBody);
        }
    }
}
