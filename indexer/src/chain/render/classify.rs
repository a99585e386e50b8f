//! What a movement means: rules kept as data, the first that fits decides.
//!
//! A rule asks for the kind of an event and the roles, valid in its slot, of its two ends and of who ordered it. `none` is an
//! end that is not watched, or watched as `other`; a rule that does not ask for an end takes any. Evidence of a class is
//! `derived`.

#[cfg(test)]
mod tests;

use super::explain::{Event, Kind};
use super::watch::{Role, WatchSet};
use serde::Deserialize;
use std::sync::LazyLock;

/// The rules, in order.
const RULES: &str = include_str!("data/rules.json");

/// What a movement means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A customer pays into a burn wallet.
    JobPayment,
    /// A burn out of a burn wallet: settled jobs.
    JobBurn,
    /// Any other burn. Never revenue.
    OtherBurn,
    /// New tokens by the emission schedule. Not what nodes earn.
    EmissionMint,
    /// New tokens for older ones that were handed in.
    UpgradeMint,
    /// Paid for work.
    NodeWorkReward,
    /// Paid for being there.
    AvailabilityReward,
    /// Paid to compute nodes.
    ComputeReward,
    /// Given as a grant, or set aside for it.
    Grant,
    /// Between accounts of the network itself.
    Treasury,
    /// Bought or sold.
    Market,
    /// No rule knows.
    Unknown,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 12] = [
        Self::JobPayment,
        Self::JobBurn,
        Self::OtherBurn,
        Self::EmissionMint,
        Self::UpgradeMint,
        Self::NodeWorkReward,
        Self::AvailabilityReward,
        Self::ComputeReward,
        Self::Grant,
        Self::Treasury,
        Self::Market,
        Self::Unknown,
    ];

    /// The name, as in rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JobPayment => "job_payment",
            Self::JobBurn => "job_burn",
            Self::OtherBurn => "other_burn",
            Self::EmissionMint => "emission_mint",
            Self::UpgradeMint => "upgrade_mint",
            Self::NodeWorkReward => "node_work_reward",
            Self::AvailabilityReward => "availability_reward",
            Self::ComputeReward => "compute_reward",
            Self::Grant => "grant",
            Self::Treasury => "treasury",
            Self::Market => "market",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it pays a node, for an epoch.
    pub const fn is_payout(self) -> bool {
        matches!(
            self,
            Self::NodeWorkReward | Self::AvailabilityReward | Self::ComputeReward
        )
    }
}

/// What the rules say of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Role of the account that lost tokens.
    pub source: Option<Role>,
    /// Role of the account that gained them.
    pub dest: Option<Role>,
    /// The class; none where nothing moved (`set_authority`, `close`).
    pub class: Option<Class>,
    /// The rule that decided; empty without a class.
    pub rule: &'static str,
}

/// One rule, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    rule: String,
    kind: Ordered,
    #[serde(default)]
    source: Vec<End>,
    #[serde(default)]
    dest: Vec<End>,
    #[serde(default)]
    authority: Vec<End>,
    class: Class,
}

/// Kinds that rules are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ordered {
    Mint,
    Burn,
    Transfer,
}

/// What a rule asks of an end: a role, or that it is not watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "EndName")]
struct End(Option<Role>);

#[derive(Deserialize)]
#[serde(untagged)]
enum EndName {
    Role(Role),
    None(Unwatched),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unwatched {
    None,
}

impl From<EndName> for End {
    fn from(name: EndName) -> Self {
        match name {
            EndName::Role(role) => Self(Some(role)),
            EndName::None(Unwatched::None) => Self(None),
        }
    }
}

static TABLE: LazyLock<Vec<Rule>> =
    LazyLock::new(|| serde_json::from_str(RULES).expect("the built-in rules are valid: a test holds them to that"));

impl Rule {
    fn fits(&self, kind: Ordered, source: Option<Role>, dest: Option<Role>, authority: Option<Role>) -> bool {
        let known = |role: Option<Role>| role.filter(|role| *role != Role::Other);
        let asks = |ends: &[End], role| ends.is_empty() || ends.contains(&End(known(role)));
        self.kind == kind && asks(&self.source, source) && asks(&self.dest, dest) && asks(&self.authority, authority)
    }
}

/// What an event of `slot` means.
pub fn classify(watch: &WatchSet, slot: u64, event: &Event) -> Meaning {
    let role = |party: &super::explain::Party| {
        let watched = watch.role_at(&party.account, &party.owner, slot);
        watched.map(|watched| watched.role)
    };
    let (source, dest) = (role(&event.source), role(&event.dest));
    let said = |class, rule| Meaning {
        source,
        dest,
        class,
        rule,
    };
    let kind = match event.kind {
        Kind::Mint => Ordered::Mint,
        Kind::Burn => Ordered::Burn,
        Kind::Transfer => Ordered::Transfer,
        Kind::SetAuthority | Kind::Close => return said(None, ""),
        Kind::UnexplainedDelta => return said(Some(Class::Unknown), "unexplained"),
    };
    if event.mint != watch.mint {
        return said(Some(Class::Unknown), "mint_not_told");
    }
    let authority = watch.signer_role_at(&event.authority, slot);
    let fitting = TABLE.iter().find(|rule| rule.fits(kind, source, dest, authority));
    fitting.map_or(said(Some(Class::Unknown), "no_rule"), |rule| {
        said(Some(rule.class), rule.rule.as_str())
    })
}
