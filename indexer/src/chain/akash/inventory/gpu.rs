//! Cards of a status, kinds of the attributes on chain, and both side by side.

use std::collections::BTreeMap;

use super::text::clip;
use super::{GpuCount, GpuKind, quantity};
use crate::chain::akash::gpu::Gpu;
use crate::chain::akash::model::Attribute;

/// Longest part of a kind that is kept, in characters.
const PART_CHARS: usize = 64;
const GIB: i64 = 1 << 30;

impl GpuKind {
    /// The form for comparison of what somebody wrote: lower case; `SXM5` is `sxm` and `PCIe` is `pcie`, for the SDL knows no
    /// other; memory in whole GiB is `80gi`, however it was written (`80Gi`, `81920Mi`).
    pub fn of(vendor: &str, model: &str, memory: &str, interface: &str) -> Self {
        Self {
            vendor: part(vendor),
            model: part(model),
            memory: memory_part(memory),
            interface: interface_part(interface),
        }
    }

    /// Whether both may be the same kind: details that one of them does not name do not matter.
    pub fn fits(&self, other: &Self) -> bool {
        let same = |a: &str, b: &str| a.is_empty() || b.is_empty() || a == b;
        self.vendor == other.vendor
            && self.model == other.model
            && same(&self.memory, &other.memory)
            && same(&self.interface, &other.interface)
    }

    /// Whether this one says nothing that the other does not say more exactly.
    fn is_vaguer_than(&self, other: &Self) -> bool {
        let covered = |a: &str, b: &str| a.is_empty() || a == b;
        self != other
            && self.vendor == other.vendor
            && self.model == other.model
            && covered(&self.memory, &other.memory)
            && covered(&self.interface, &other.interface)
    }
}

fn part(text: &str) -> String {
    clip(&text.to_lowercase(), PART_CHARS)
}

fn memory_part(text: &str) -> String {
    let text = clip(text, PART_CHARS);
    match quantity::whole(&text, "memory") {
        Ok(bytes) if bytes > 0 && bytes % GIB == 0 => format!("{}gi", bytes / GIB),
        // `80Gi` that was lower-cased on its way here, and texts that are no quantity.
        _ => text.to_lowercase(),
    }
}

fn interface_part(text: &str) -> String {
    let text = part(text);
    match ["sxm", "pcie"].into_iter().find(|known| text.starts_with(known)) {
        Some(known) => known.to_owned(),
        None => text,
    }
}

/// Counts cards (vendor, model, memory, interface as served) by kind: one entry is one physical card.
pub(super) fn count<'a>(cards: impl Iterator<Item = (&'a str, &'a str, &'a str, &'a str)>) -> Vec<GpuCount> {
    // The cards of a node are mostly of one kind: each writing is looked at once.
    let mut writings: BTreeMap<(&str, &str, &str, &str), u32> = BTreeMap::new();
    for card in cards {
        *writings.entry(card).or_default() += 1;
    }
    let counts = writings
        .into_iter()
        .map(|((vendor, model, memory, interface), cards)| GpuCount {
            kind: GpuKind::of(vendor, model, memory, interface),
            served: GpuKind {
                vendor: clip(vendor, PART_CHARS),
                model: clip(model, PART_CHARS),
                memory: clip(memory, PART_CHARS),
                interface: clip(interface, PART_CHARS),
            },
            cards,
        });
    sum(counts.collect::<Vec<_>>().iter())
}

/// Adds up counts of the same kind.
pub(super) fn sum<'a>(counts: impl Iterator<Item = &'a GpuCount>) -> Vec<GpuCount> {
    let mut by_kind: BTreeMap<&GpuKind, (&GpuKind, u32)> = BTreeMap::new();
    for count in counts {
        let entry = by_kind.entry(&count.kind).or_insert((&count.served, 0));
        // At most 1,024 nodes of 1,024 cards.
        entry.1 = entry.1.saturating_add(count.cards);
    }
    let counted = by_kind.into_iter().map(|(kind, (served, cards))| GpuCount {
        kind: kind.clone(),
        served: served.clone(),
        cards,
    });
    counted.collect()
}

/// The kinds that a provider's attributes on chain advertise, sorted. A provider names each kind several times, ever more
/// exactly (`…/h100`, `…/h100/ram/80Gi`, `…/h100/ram/80Gi/interface/sxm`): only the most exact ones are kept.
pub fn advertised(attributes: &[Attribute]) -> Vec<GpuKind> {
    let provider_side = attributes
        .iter()
        .filter(|a| a.key.starts_with("capabilities/gpu/"))
        .cloned();
    let mut kinds: Vec<GpuKind> = Gpu::all(&provider_side.collect::<Vec<_>>())
        .map(|gpu| GpuKind::of(&gpu.vendor, &gpu.model, &cased(&gpu.ram), &gpu.interface))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let exact = |kind: &&GpuKind| !kinds.iter().any(|other| kind.is_vaguer_than(other));
    kinds.iter().filter(exact).cloned().collect()
}

/// `80gi` as Kubernetes writes it: keys are lower-cased when they are read.
fn cased(ram: &str) -> String {
    match ram.strip_suffix('i') {
        Some(rest) => format!("{}i", rest.to_uppercase()),
        None => ram.to_owned(),
    }
}

/// One kind of GPU, as advertised on chain and as found in the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuComparison {
    /// The kind; the more exact side's where one of them is vague.
    pub kind: GpuKind,
    /// Whether an attribute on chain names it.
    pub advertised: bool,
    /// Cards in the status; `None` where the status does not name cards.
    pub inventory: Option<u32>,
}

/// Puts what is advertised beside what the status holds, one row per kind, sorted. `inventory` is `None` where the status does
/// not name cards: then nothing is said about them, which is not the same as none.
pub fn side_by_side(advertised: &[GpuKind], inventory: Option<&[GpuCount]>) -> Vec<GpuComparison> {
    let cards = inventory.unwrap_or_default();
    let held = cards.iter().map(|count| GpuComparison {
        kind: count.kind.clone(),
        advertised: advertised.iter().any(|kind| kind.fits(&count.kind)),
        inventory: Some(count.cards),
    });
    let missing = advertised
        .iter()
        .filter(|kind| !cards.iter().any(|count| kind.fits(&count.kind)));
    let mut rows: Vec<GpuComparison> = held
        .chain(missing.map(|kind| GpuComparison {
            kind: kind.clone(),
            advertised: true,
            inventory: inventory.map(|_| 0),
        }))
        .collect();
    rows.sort_by(|a, b| a.kind.cmp(&b.kind));
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(vendor: &str, model: &str, memory: &str, interface: &str) -> GpuKind {
        GpuKind {
            vendor: vendor.to_owned(),
            model: model.to_owned(),
            memory: memory.to_owned(),
            interface: interface.to_owned(),
        }
    }

    fn attributes(keys: &[&str]) -> Vec<Attribute> {
        let on = |key: &&str| Attribute {
            key: (*key).to_owned(),
            value: "true".to_owned(),
        };
        keys.iter().map(on).collect()
    }

    const H100: &str = "capabilities/gpu/vendor/nvidia/model/h100";

    #[test]
    fn writings_of_the_same_card_are_one_kind() {
        let sxm = kind("nvidia", "h100", "80gi", "sxm");
        for (vendor, model, memory, interface) in [
            ("nvidia", "h100", "80Gi", "SXM5"),
            ("NVIDIA", "H100", "81920Mi", "sxm"),
            (" nvidia", "h100\n", "80gi", "SXM"),
        ] {
            assert_eq!(GpuKind::of(vendor, model, memory, interface), sxm);
        }
        assert_eq!(
            GpuKind::of("nvidia", "a100", "40Gi", "PCIe Gen4"),
            kind("nvidia", "a100", "40gi", "pcie")
        );
        assert_eq!(
            GpuKind::of("amd", "mi300x", "192GB", "OAM"),
            kind("amd", "mi300x", "192gb", "oam")
        );
    }

    #[test]
    fn every_entry_is_a_card_and_cards_are_counted_by_kind() {
        let h100 = ("nvidia", "h100", "80Gi", "SXM5");
        let counts = count(
            [
                h100,
                ("nvidia", "t4", "16Gi", "PCIe"),
                h100,
                ("nvidia", "h100", "80Gi", "sxm"),
            ]
            .into_iter(),
        );
        let seen: Vec<_> = counts
            .iter()
            .map(|c| (c.kind.model.as_str(), c.cards, c.served.interface.as_str()))
            .collect();
        assert_eq!(seen, [("h100", 3, "SXM5"), ("t4", 1, "PCIe")]);
    }

    #[test]
    fn of_several_keys_for_one_kind_the_most_exact_ones_count() {
        let ram = format!("{H100}/ram/80Gi");
        let both = format!("{H100}/ram/80Gi/interface/sxm");
        let keys = [H100, &ram, &format!("{H100}/interface/sxm"), &both];
        assert_eq!(advertised(&attributes(&keys)), [kind("nvidia", "h100", "80gi", "sxm")]);
        assert_eq!(advertised(&attributes(&[H100])), [kind("nvidia", "h100", "", "")]);
        let pcie = format!("{H100}/interface/PCIe");
        assert_eq!(
            advertised(&attributes(&[H100, &pcie, &ram])),
            [kind("nvidia", "h100", "", "pcie"), kind("nvidia", "h100", "80gi", "")]
        );
    }

    #[test]
    fn attributes_that_have_not_exactly_the_form_advertise_nothing() {
        let mut junk = attributes(&[
            "capabilities/gpu",
            "model",
            "vendor/nvidia/model/h100",
            "akash.network/capabilities.gpu.vendor.nvidia.model.h100",
            "capabilities/gpu/vendor/nvidia/model/h100/extra",
        ]);
        junk.push(Attribute {
            key: H100.to_owned(),
            value: "false".to_owned(),
        });
        assert_eq!(advertised(&junk), []);
    }

    #[test]
    fn advertised_and_inventory_stand_side_by_side() {
        let offered = [kind("nvidia", "a100", "80gi", ""), kind("nvidia", "h100", "", "")];
        let held = count([("nvidia", "h100", "80Gi", "SXM5"), ("nvidia", "t4", "16Gi", "PCIe")].into_iter());
        let rows = side_by_side(&offered, Some(&held));
        let seen: Vec<_> = rows
            .iter()
            .map(|r| (r.kind.model.as_str(), r.advertised, r.inventory))
            .collect();
        assert_eq!(
            seen,
            [("a100", true, Some(0)), ("h100", true, Some(1)), ("t4", false, Some(1))]
        );
        let unknown = side_by_side(&offered, None);
        assert!(unknown.iter().all(|row| row.advertised && row.inventory.is_none()));
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "[ -~]{0,80}") {
            let once = GpuKind::of(&text, &text, &text, &text);
            let twice = GpuKind::of(&once.vendor, &once.model, &once.memory, &once.interface);
            prop_assert_eq!(&once.interface, &twice.interface);
            prop_assert_eq!((&once.vendor, &once.model), (&twice.vendor, &twice.model));
        }

        #[test]
        fn no_card_is_lost_or_invented(models in proptest::collection::vec("[a-c]", 0..40)) {
            let counts = count(models.iter().map(|m| ("nvidia", m.as_str(), "", "")));
            prop_assert_eq!(counts.iter().map(|c| c.cards as usize).sum::<usize>(), models.len());
            let kinds: Vec<_> = counts.iter().map(|c| &c.kind).collect();
            prop_assert!(kinds.windows(2).all(|w| w[0] < w[1]));
        }
    }
}
