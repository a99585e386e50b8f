//! Everything that `status` shows, read in one go.

use super::networks::NetworkRow;
use super::{
    ClaimedRange, Coverage, EndpointHealth, Network, Quarantined, RangeTotals, Reindex, Span, StageKey, StateDb,
    StateError, Watermark,
};
use serde::Serialize;

/// Where everything stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// By name.
    pub networks: Vec<NetworkStatus>,
}

/// Where a network stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NetworkStatus {
    /// The network.
    #[serde(flatten)]
    pub network: Network,
    /// Tip of the chain, as last seen.
    pub tip_height: Option<u64>,
    /// Block time of the tip, milliseconds since the Unix epoch.
    pub tip_time_ms: Option<i64>,
    /// When the tip was seen, milliseconds since the Unix epoch.
    pub tip_seen_ms: Option<i64>,
    /// Stages by name.
    pub stages: Vec<StageStatus>,
    /// Endpoints by address.
    pub endpoints: Vec<EndpointHealth>,
}

/// Where a stage stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StageStatus {
    /// Its name.
    pub stage: String,
    /// First height there is to commit in it: the network's, or that of the snapshot that the state began with.
    pub first_height: u64,
    /// How far it is.
    pub watermark: Watermark,
    /// What readers see.
    pub live: Coverage,
    /// Heights up to the tip that nobody works on; none for a series, which ends with its last entry.
    pub holes: Vec<Span>,
    /// Ranges that are being worked on.
    pub claimed: Vec<ClaimedRange>,
    /// Ranges that could not be derived.
    pub quarantined: Vec<Quarantined>,
    /// Open re-derivations.
    pub reindexes: Vec<Reindex>,
    /// Committed ranges and rows, every generation.
    pub committed: RangeTotals,
    /// Last commit, milliseconds since the Unix epoch.
    pub last_commit_ms: Option<i64>,
}

impl StateDb {
    /// Where everything stands.
    pub async fn status(&self) -> Result<Status, StateError> {
        let stages = self.stages().await?;
        let mut networks = Vec::new();
        for row in self.network_rows().await? {
            let name = row.network.name.clone();
            let mut status = NetworkStatus {
                tip_height: row.tip_height,
                tip_time_ms: row.tip_time_ms,
                tip_seen_ms: row.tip_seen_ms,
                stages: Vec::new(),
                endpoints: self.endpoints(&name).await?,
                network: row.network.clone(),
            };
            for key in stages.iter().filter(|key| key.network == name) {
                status.stages.push(self.stage_status(key, &row).await?);
            }
            networks.push(status);
        }
        Ok(Status { networks })
    }

    async fn stage_status(&self, key: &StageKey, network: &NetworkRow) -> Result<StageStatus, StateError> {
        let list = self.live_ranges(key).await?;
        let first_height = self.stage_first(key).await?.unwrap_or(network.network.first_height);
        let within = network
            .tip_height
            .and_then(|tip| Span::new(first_height, tip))
            .filter(|_| !key.is_series());
        let holes = match within {
            Some(within) => self.holes(key, within).await?,
            None => Vec::new(),
        };
        Ok(StageStatus {
            stage: key.stage.clone(),
            first_height,
            watermark: self.watermark(key).await?,
            holes,
            claimed: self.claimed(key).await?,
            quarantined: self.quarantined(key).await?,
            reindexes: self.reindexes(key).await?,
            committed: self.committed_totals(key).await?,
            last_commit_ms: (!list.live.is_empty()).then_some(list.committed_ms),
            live: list.live,
        })
    }
}
