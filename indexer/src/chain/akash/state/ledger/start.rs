//! A ledger that begins in the middle of a chain, from what a node answered.

use super::audits::AuditId;
use super::params::{OracleParams, TakeParams};
use super::records::{Record, RecordId};
use super::{Ledger, PriceId, PriceStatus};
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Attribute, ProviderRecord, Version};
use crate::chain::akash::state::output::{ObjectKey, StateOutput};
use std::collections::BTreeMap;

/// Everything that is not market or escrow, as answered.
#[derive(Debug)]
pub(in crate::chain::akash) struct LedgerStart {
    /// Version in force at the height.
    pub(in crate::chain::akash) version: Version,
    /// Providers by address.
    pub(in crate::chain::akash) providers: BTreeMap<String, ProviderRecord>,
    /// Signed attributes.
    pub(in crate::chain::akash) audits: BTreeMap<AuditId, Vec<Attribute>>,
    /// Supply by denomination, none of them 0.
    pub(in crate::chain::akash) supply: BTreeMap<String, i128>,
    /// Burn-mint equilibrium.
    pub(in crate::chain::akash) bme: BmeStart,
    /// Oracle, from v2.0.0 on.
    pub(in crate::chain::akash) oracle: Option<OracleStart>,
    /// The clock, where it was asked.
    pub(in crate::chain::akash) epochs: Option<Vec<EpochStart>>,
    /// Proposals that are not decided, where they were asked.
    pub(in crate::chain::akash) open_proposals: Option<Vec<OpenProposal>>,
    /// Take, until v1.2.x.
    pub(in crate::chain::akash) take: Option<TakeParams>,
}

/// Parts of BME.
#[derive(Debug, Default)]
pub(in crate::chain::akash) struct BmeStart {
    /// Coins of the module account, `uact` apart.
    pub(in crate::chain::akash) held: BTreeMap<String, i128>,
    /// Whether the module runs.
    pub(in crate::chain::akash) active: bool,
    /// Whether it is halted by its collateral ratio, or worse.
    pub(in crate::chain::akash) halted: bool,
    /// Burned by executed records.
    pub(in crate::chain::akash) total_burned: BTreeMap<String, i128>,
    /// Minted by executed records.
    pub(in crate::chain::akash) total_minted: BTreeMap<String, i128>,
    /// AKT taken in and not given back.
    pub(in crate::chain::akash) remint_credits: BTreeMap<String, i128>,
    /// Records.
    pub(in crate::chain::akash) records: BTreeMap<RecordId, Record>,
}

/// Parts of the oracle.
#[derive(Debug, Default)]
pub(in crate::chain::akash) struct OracleStart {
    /// Parameters.
    pub(in crate::chain::akash) params: OracleParams,
    /// Numbers of the sources that feed.
    pub(in crate::chain::akash) sources: BTreeMap<String, u32>,
    /// Stored prices.
    pub(in crate::chain::akash) prices: BTreeMap<PriceId, Dec>,
    /// Aggregate and health by asset.
    pub(in crate::chain::akash) status: BTreeMap<String, PriceStatus>,
}

/// One epoch of the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::chain::akash) struct EpochStart {
    /// Name.
    pub(in crate::chain::akash) name: String,
    /// Start of the count, where it fits.
    pub(in crate::chain::akash) start_ns: Option<i64>,
    /// Length.
    pub(in crate::chain::akash) duration_ns: i64,
    /// Start of the running epoch, once the count has begun.
    pub(in crate::chain::akash) current_start_ns: Option<i64>,
}

/// A proposal that is not decided: the messages that it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::chain::akash) struct OpenProposal {
    /// Number.
    pub(in crate::chain::akash) id: u64,
    /// Type URL and protobuf bytes of each message.
    pub(in crate::chain::akash) messages: Vec<(String, Vec<u8>)>,
}

impl Ledger {
    /// The ledger that goes on from these answers.
    pub(in crate::chain::akash) fn started(start: LedgerStart) -> Self {
        let prints_attempts = start.version >= Version::V2_1;
        Self {
            version: Some(start.version),
            providers: super::Providers::started(start.providers),
            audits: super::Audits::started(start.audits),
            bme: super::Bme::started(start.bme, prints_attempts),
            oracle: start.oracle.map(super::Oracle::started).unwrap_or_default(),
            epochs: super::Epochs::started(start.epochs, start.version),
            supply: super::Supply::started(start.supply),
            gov: super::Gov::started(start.open_proposals),
            take: start.take.unwrap_or_default(),
        }
    }

    /// Marks every object.
    pub(in crate::chain::akash) fn mark_all(&self, out: &mut StateOutput) {
        self.providers.mark_all(out);
        self.audits.mark_all(out);
        self.bme.mark_all(out);
        self.oracle.mark_all(out);
        for (denom, _) in self.supply.iter() {
            out.mark(ObjectKey::Supply(denom.clone()));
        }
    }
}
