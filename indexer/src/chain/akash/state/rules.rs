//! Which version's rules are in force at a height, for one chain.

use super::error::RulesError;
use crate::chain::akash::model::Version;

/// Upgrade heights of `akashnet-2` from the era that the state machine knows: the first block that
/// runs the new software.
const AKASHNET_2: [(Version, u64); 5] = [
    (Version::V1_0, 23_939_793),
    (Version::V1_1, 24_332_547),
    (Version::V1_2, 25_789_395),
    (Version::V2_0, 26_063_777),
    (Version::V2_1, 27_230_465),
];

/// Chain id of the mainnet.
pub const MAINNET: &str = "akashnet-2";

/// The versions that one chain went through.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ChainRules {
    /// Chain id, as the headers say it.
    pub chain_id: String,
    /// Version at the first height.
    pub starts_on: Version,
    /// Later versions with the first height that each ran, ascending in both.
    pub upgrades: Vec<(Version, u64)>,
}

impl ChainRules {
    /// Rules from a recording or the configuration: `starts_on` and upgrade names such as `v2.1.0-rc12`.
    ///
    /// Upgrades within a version that the machine does not tell apart (`v0.36.0`, a patch release)
    /// are dropped. Versions or heights that do not ascend are an error.
    pub fn parse<'a>(
        chain_id: &str,
        starts_on: &str,
        upgrades: impl IntoIterator<Item = (&'a str, u64)>,
    ) -> Result<Self, RulesError> {
        let starts_on = parse_version(starts_on)?;
        let mut rules = Self {
            chain_id: chain_id.to_owned(),
            starts_on,
            upgrades: Vec::new(),
        };
        for (name, height) in upgrades {
            rules.add(parse_version(name)?, height)?;
        }
        Ok(rules)
    }

    /// The rules of `akashnet-2` (akash.md table 1 is the source of the heights).
    pub fn mainnet() -> Self {
        Self {
            chain_id: MAINNET.to_owned(),
            starts_on: Version::V0_38,
            upgrades: AKASHNET_2.to_vec(),
        }
    }

    fn add(&mut self, version: Version, height: u64) -> Result<(), RulesError> {
        let (last, since) = self.upgrades.last().copied().unwrap_or((self.starts_on, 0));
        if version == last {
            return Ok(());
        }
        if version < last || height <= since {
            return Err(RulesError::Order { version, height });
        }
        self.upgrades.push((version, height));
        Ok(())
    }

    /// The version whose rules the block at `height` runs under.
    pub fn version_at(&self, height: u64) -> Version {
        let reached = self.upgrades.iter().take_while(|(_, from)| *from <= height);
        reached.last().map_or(self.starts_on, |(version, _)| *version)
    }

    /// Versions whose upgrade handler runs at the beginning of the block at `height`.
    pub fn upgrades_at(&self, height: u64) -> impl Iterator<Item = Version> + '_ {
        self.upgrades
            .iter()
            .filter(move |(_, at)| *at == height)
            .map(|(version, _)| *version)
    }
}

/// The family of rules that a release name such as `v2.1.0-rc12` belongs to.
///
/// Everything before v1.0.0 counts as v0.38. A release later than those known is refused: its rules
/// have not been read.
pub fn parse_version(name: &str) -> Result<Version, RulesError> {
    let unknown = || RulesError::Unknown {
        name: name.chars().take(64).collect(),
    };
    let plain = name.strip_prefix('v').unwrap_or(name);
    let mut parts = plain.split(['.', '-', '+']);
    let mut number = || parts.next().and_then(|part| part.parse::<u32>().ok());
    let (major, minor) = (number().ok_or_else(unknown)?, number().ok_or_else(unknown)?);
    match (major, minor) {
        (0, _) => Ok(Version::V0_38),
        (1, 0) => Ok(Version::V1_0),
        (1, 1) => Ok(Version::V1_1),
        (1, 2) => Ok(Version::V1_2),
        (2, 0) => Ok(Version::V2_0),
        (2, 1) => Ok(Version::V2_1),
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn release_names_fall_into_their_family() {
        for (name, version) in [
            ("v0.38.6", Version::V0_38),
            ("v0.36.0", Version::V0_38),
            ("v1.0.0", Version::V1_0),
            ("v1.1.1", Version::V1_1),
            ("v1.2.2", Version::V1_2),
            ("2.0.1", Version::V2_0),
            ("v2.1.0-rc12", Version::V2_1),
        ] {
            assert_eq!(parse_version(name).unwrap(), version, "{name}");
        }
    }

    #[test]
    fn a_release_whose_rules_are_not_known_is_refused() {
        for name in ["v3.0.0", "v2.2.0", "main", "", "v", "v2"] {
            assert!(parse_version(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn an_upgrade_rules_its_own_block() {
        let rules = ChainRules::parse("x", "v0.38.6", [("v1.0.0", 90), ("v1.1.0", 179)]).unwrap();
        assert_eq!(rules.version_at(89), Version::V0_38);
        assert_eq!(rules.version_at(90), Version::V1_0);
        assert_eq!(rules.version_at(178), Version::V1_0);
        assert_eq!(rules.version_at(1_000), Version::V1_1);
        assert_eq!(rules.upgrades_at(179).collect::<Vec<_>>(), [Version::V1_1]);
        assert_eq!(rules.upgrades_at(180).count(), 0);
    }

    #[test]
    fn a_chain_may_start_in_the_middle_and_on_a_patch_release() {
        let list = [("v1.2.2", 5), ("v2.0.1", 40), ("v2.0.2", 50), ("v2.1.0-rc12", 60)];
        let rules = ChainRules::parse("x", "v1.2.0", list).unwrap();
        assert_eq!(rules.upgrades, [(Version::V2_0, 40), (Version::V2_1, 60)]);
        assert_eq!(rules.version_at(1), Version::V1_2);
        assert_eq!(rules.version_at(59), Version::V2_0);
        assert_eq!(
            ChainRules::parse("x", "v1.0.4", [("v1.1.1", 9)]).unwrap().upgrades,
            [(Version::V1_1, 9)]
        );
    }

    #[test]
    fn upgrades_that_do_not_ascend_are_refused() {
        assert!(ChainRules::parse("x", "v1.0.0", [("v0.38.0", 9)]).is_err());
        assert!(ChainRules::parse("x", "v0.38.0", [("v1.0.0", 9), ("v1.1.0", 9)]).is_err());
    }
}
