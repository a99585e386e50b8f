//! GPU models in attribute keys, and which GPU a lease really runs on.
//!
//! Tenants ask with `vendor/nvidia/model/h100/ram/80Gi/interface/sxm` = `true`, several meaning any of
//! them and `*` any model; providers advertise the same behind `capabilities/gpu/`. Both are free text:
//! what does not have exactly this form is no GPU.

use super::model::{Attribute, GroupSpec, ResourceOffer};

/// Longest part of a key that is taken for a name.
const PART_MAX_BYTES: usize = 64;
/// Any model.
const ANY: &str = "*";

/// A GPU as a key names it, in lower case; absent details are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Gpu {
    /// Vendor, such as `nvidia`.
    pub vendor: String,
    /// Model, such as `h100`, or `*`.
    pub model: String,
    /// Memory, such as `80gi`.
    pub ram: String,
    /// Interface, such as `sxm`.
    pub interface: String,
}

/// How a lease's GPU became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ResolvedBy {
    /// The lease has no GPU.
    None,
    /// The winning bid's offer names it.
    Offer,
    /// The group asks for one model only.
    Group,
    /// The provider advertises only one model that fits.
    Provider,
    /// Several models are possible.
    Unknown,
}

impl ResolvedBy {
    /// As the tables write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Offer => "offer",
            Self::Group => "group",
            Self::Provider => "provider",
            Self::Unknown => "unknown",
        }
    }
}

/// A lease's GPU and how it became known; all fields are empty where it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The GPU.
    pub gpu: Gpu,
    /// How.
    pub by: ResolvedBy,
}

impl Gpu {
    /// Reads a key of either side; nothing where it does not have exactly the known form.
    pub fn parse(key: &str) -> Option<Self> {
        let key = key.strip_prefix("capabilities/gpu/").unwrap_or(key);
        let mut parts = key.split('/');
        let mut gpu = Self {
            vendor: labelled(&mut parts, "vendor")?,
            model: labelled(&mut parts, "model")?,
            ..Self::default()
        };
        let mut label = parts.next();
        if label == Some("ram") {
            gpu.ram = part(parts.next()?)?;
            label = parts.next();
        }
        if label == Some("interface") {
            gpu.interface = part(parts.next()?)?;
            label = parts.next();
        }
        label.is_none().then_some(gpu)
    }

    /// The GPUs that a list of attributes turns on.
    pub fn all(attributes: &[Attribute]) -> impl Iterator<Item = Self> {
        attributes
            .iter()
            .filter(|attribute| attribute.value == "true")
            .filter_map(|attribute| Self::parse(&attribute.key))
    }

    /// The one model that an offer names; nothing where it names several or none.
    pub fn offered(offer: &[ResourceOffer]) -> Option<Self> {
        let offered = offer
            .iter()
            .map(|offer| &offer.resources)
            .filter(|resources| resources.gpu_units > 0);
        only(offered.flat_map(|resources| Self::all(&resources.gpu_attributes)))
    }

    fn is_same_model(&self, other: &Self) -> bool {
        self.vendor == other.vendor && self.model == other.model
    }

    /// Whether this GPU, advertised, answers what is asked for; details not named do not matter.
    fn answers(&self, asked: &Self) -> bool {
        let fits = |asked: &str, got: &str| asked == ANY || asked.is_empty() || got.is_empty() || asked == got;
        fits(&asked.vendor, &self.vendor)
            && fits(&asked.model, &self.model)
            && fits(&asked.ram, &self.ram)
            && fits(&asked.interface, &self.interface)
    }
}

fn labelled<'a>(parts: &mut impl Iterator<Item = &'a str>, label: &str) -> Option<String> {
    (parts.next()? == label).then_some(())?;
    part(parts.next()?)
}

fn part(text: &str) -> Option<String> {
    (!text.is_empty() && text.len() <= PART_MAX_BYTES).then(|| text.to_lowercase())
}

/// Which GPU a lease runs on: what the winning bid offers, else the only model that the group asks for,
/// else the only model of the provider that answers it, else unknown.
pub fn resolve(offer: &[ResourceOffer], group: &GroupSpec, provider: &[Attribute]) -> Resolution {
    let units = || {
        group
            .resources
            .iter()
            .map(|unit| &unit.resources)
            .filter(|resources| resources.gpu_units > 0)
    };
    if units().next().is_none() {
        return Resolution {
            gpu: Gpu::default(),
            by: ResolvedBy::None,
        };
    }
    if let Some(gpu) = Gpu::offered(offer) {
        return Resolution {
            gpu,
            by: ResolvedBy::Offer,
        };
    }
    let asked: Vec<Gpu> = units()
        .flat_map(|resources| Gpu::all(&resources.gpu_attributes))
        .collect();
    if let Some(gpu) = only(asked.iter().cloned()) {
        return Resolution {
            gpu,
            by: ResolvedBy::Group,
        };
    }
    let answers = |gpu: &Gpu| asked.is_empty() || asked.iter().any(|asked| gpu.answers(asked));
    match only(Gpu::all(provider).filter(answers)) {
        Some(gpu) => Resolution {
            gpu,
            by: ResolvedBy::Provider,
        },
        None => Resolution {
            gpu: Gpu::default(),
            by: ResolvedBy::Unknown,
        },
    }
}

/// The one model that all of them name, with the details on which they agree; nothing where they name
/// several, none or any.
fn only(gpus: impl Iterator<Item = Gpu>) -> Option<Gpu> {
    let mut found: Option<Gpu> = None;
    let mut conflict = (false, false);
    for gpu in gpus {
        if gpu.model == ANY || gpu.vendor == ANY {
            return None;
        }
        let Some(found) = &mut found else {
            found = Some(gpu);
            continue;
        };
        if !found.is_same_model(&gpu) {
            return None;
        }
        conflict.0 |= agree(&mut found.ram, gpu.ram);
        conflict.1 |= agree(&mut found.interface, gpu.interface);
    }
    found.map(|gpu| Gpu {
        ram: if conflict.0 { String::new() } else { gpu.ram },
        interface: if conflict.1 { String::new() } else { gpu.interface },
        ..gpu
    })
}

/// Takes a detail over; says whether it contradicts what is known.
fn agree(known: &mut String, detail: String) -> bool {
    if known.is_empty() {
        *known = detail;
        return false;
    }
    !detail.is_empty() && *known != detail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::akash::dec::Dec;
    use crate::chain::akash::model::{DecCoin, ResourceUnit, Resources};

    fn attributes(keys: &[&str]) -> Vec<Attribute> {
        keys.iter()
            .map(|key| Attribute {
                key: (*key).to_owned(),
                value: "true".to_owned(),
            })
            .collect()
    }

    fn resources(units: u64, keys: &[&str]) -> Resources {
        Resources {
            gpu_units: units,
            gpu_attributes: attributes(keys),
            ..Resources::default()
        }
    }

    fn group(units: &[(u64, &[&str])]) -> GroupSpec {
        let unit = |(gpus, keys): &(u64, &[&str])| ResourceUnit {
            resources: resources(*gpus, keys),
            count: 1,
            price: DecCoin {
                denom: "uact".to_owned(),
                amount: Dec::ZERO,
            },
        };
        GroupSpec {
            name: "dc".to_owned(),
            signed_by_all_of: Vec::new(),
            signed_by_any_of: Vec::new(),
            attributes: Vec::new(),
            resources: units.iter().map(unit).collect(),
        }
    }

    fn offer(keys: &[&str]) -> Vec<ResourceOffer> {
        vec![ResourceOffer {
            resources: resources(1, keys),
            count: 1,
        }]
    }

    fn gpu(vendor: &str, model: &str, ram: &str, interface: &str) -> Gpu {
        let own = ToOwned::to_owned;
        Gpu {
            vendor: own(vendor),
            model: own(model),
            ram: own(ram),
            interface: own(interface),
        }
    }

    #[test]
    fn keys_of_tenants_and_providers_are_read_alike() {
        let parse = |key| Gpu::parse(key).expect("a GPU key");
        assert_eq!(parse("vendor/nvidia/model/H100"), gpu("nvidia", "h100", "", ""));
        assert_eq!(
            parse("vendor/nvidia/model/h100/ram/80Gi"),
            gpu("nvidia", "h100", "80gi", "")
        );
        assert_eq!(
            parse("vendor/nvidia/model/h100/interface/sxm"),
            gpu("nvidia", "h100", "", "sxm")
        );
        assert_eq!(
            parse("capabilities/gpu/vendor/nvidia/model/a100/ram/40Gi/interface/pcie"),
            gpu("nvidia", "a100", "40gi", "pcie")
        );
        assert_eq!(parse("vendor/amd/model/*"), gpu("amd", "*", "", ""));
    }

    #[test]
    fn what_providers_also_write_is_no_gpu() {
        for key in [
            "capabilities/gpu",
            "model",
            "akash.network/capabilities.gpu.vendor.nvidia.model.rtx4090",
            "vendor/nvidia",
            "vendor/nvidia/model/",
            "vendor//model/h100",
            "vendor/nvidia/model/h100/",
            "vendor/nvidia/model/h100/ram",
            "vendor/nvidia/model/h100/ram/80Gi/",
            "vendor/nvidia/model/h100/interface/sxm/ram/80Gi",
            "vendor/nvidia/model/h100/ram/80Gi/interface/sxm/more",
            "capabilities/gpu/capabilities/gpu/vendor/nvidia/model/h100",
            "capabilities/gpu/vendor/nvidia/model/rtx/4090",
            "VENDOR/nvidia/model/h100",
        ] {
            assert_eq!(Gpu::parse(key), None, "{key}");
        }
        assert_eq!(Gpu::parse(&format!("vendor/nvidia/model/{}", "x".repeat(65))), None);
        let off = [Attribute {
            key: "vendor/nvidia/model/h100".to_owned(),
            value: "1".to_owned(),
        }];
        assert_eq!(Gpu::all(&off).count(), 0, "only `true` turns a key on");
    }

    #[test]
    fn the_winning_offer_names_the_gpu_first() {
        let group = group(&[(1, &["vendor/nvidia/model/*"])]);
        let resolution = resolve(&offer(&["vendor/nvidia/model/t4/ram/16Gi"]), &group, &attributes(&[]));
        assert_eq!(
            resolution,
            Resolution {
                gpu: gpu("nvidia", "t4", "16gi", ""),
                by: ResolvedBy::Offer
            }
        );
    }

    #[test]
    fn without_an_offer_a_single_model_of_the_group_counts() {
        let group = group(&[(8, &["vendor/nvidia/model/h100/ram/80Gi/interface/sxm"]), (0, &[])]);
        let resolution = resolve(&[], &group, &attributes(&["capabilities/gpu/vendor/nvidia/model/t4"]));
        assert_eq!(resolution.gpu, gpu("nvidia", "h100", "80gi", "sxm"));
        assert_eq!(resolution.by, ResolvedBy::Group);
    }

    #[test]
    fn a_wildcard_is_resolved_by_the_only_model_of_the_provider_that_fits() {
        let any = group(&[(1, &["vendor/nvidia/model/*"])]);
        let one = attributes(&[
            "capabilities/gpu/vendor/nvidia/model/h100",
            "capabilities/gpu/vendor/nvidia/model/h100/ram/80Gi",
            "capabilities/gpu/vendor/amd/model/mi300x",
        ]);
        assert_eq!(resolve(&[], &any, &one).gpu, gpu("nvidia", "h100", "80gi", ""));
        let two = attributes(&[
            "capabilities/gpu/vendor/nvidia/model/h100",
            "capabilities/gpu/vendor/nvidia/model/t4",
        ]);
        assert_eq!(
            resolve(&[], &any, &two),
            Resolution {
                gpu: Gpu::default(),
                by: ResolvedBy::Unknown
            }
        );
        let list = group(&[(1, &["vendor/nvidia/model/h100", "vendor/nvidia/model/a100"])]);
        assert_eq!(resolve(&[], &list, &two).gpu.model, "h100");
    }

    #[test]
    fn details_on_which_a_provider_contradicts_itself_stay_open() {
        let any = group(&[(1, &["vendor/nvidia/model/*"])]);
        let provider = attributes(&[
            "capabilities/gpu/vendor/nvidia/model/a100/ram/40Gi/interface/pcie",
            "capabilities/gpu/vendor/nvidia/model/a100/ram/80Gi/interface/pcie",
        ]);
        assert_eq!(resolve(&[], &any, &provider).gpu, gpu("nvidia", "a100", "", "pcie"));
    }

    #[test]
    fn a_group_without_gpus_has_none() {
        let resolution = resolve(&offer(&["vendor/nvidia/model/t4"]), &group(&[(0, &[])]), &[]);
        assert_eq!(
            resolution,
            Resolution {
                gpu: Gpu::default(),
                by: ResolvedBy::None
            }
        );
    }
}
