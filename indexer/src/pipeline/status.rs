//! What a follower knows about itself, for `status`, `/readyz` and metrics.

use super::quarantine::Quarantined;
use gridproof_store::state_db::Span;
use serde::{Deserialize, Serialize};

/// Progress of one network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NetworkStatus {
    /// Network name.
    pub network: String,
    /// Chain id.
    pub chain_id: String,
    /// Whether the rows come from a recording and not from a living chain.
    pub recording: bool,
    /// What readers should be told, such as why a recording is served; may be empty.
    #[serde(default)]
    pub note: String,
    /// Highest height that the chain is known to have.
    pub tip: Option<u64>,
    /// First height that is wanted.
    pub first: Option<u64>,
    /// Progress of the facts.
    pub facts: StageStatus,
    /// Progress of the state; absent where the chain has no state stage.
    pub state: Option<StageStatus>,
    /// Providers that are asked for their status; absent where none are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<InventoryStatus>,
    /// Ranges set aside.
    pub quarantine: Vec<Quarantined>,
    /// Endpoints, healthiest first.
    pub endpoints: Vec<EndpointStatus>,
    /// Blocks whose computed payouts and refunds differ from the transfers seen.
    pub audit_findings: Option<u64>,
    /// What a person should do, with the command, such as after a change of the watch set.
    #[serde(default)]
    pub advice: Option<String>,
    /// What keeps the follower from going on at this moment, with the time it will try again.
    pub trouble: Option<String>,
    /// The newest price of each asset and instrument, where prices are polled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<PriceStatus>,
}

/// A price as it was told last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceStatus {
    /// What it is a price of.
    pub asset: String,
    /// What it is given in.
    pub quote: String,
    /// Who says so.
    pub source: String,
    /// Which account, pools or coin.
    pub instrument: String,
    /// The price as said, decimal text; absent: none was said.
    pub price: Option<String>,
    /// The verdict: `ok`, or why not.
    pub status: String,
    /// Why it is not `ok`.
    pub reason: String,
    /// How old it was when it was seen, in seconds.
    pub age_s: Option<i64>,
    /// When it was seen, seconds since the Unix epoch.
    pub observed_at_s: i64,
}

/// Where the providers of a network stand that are asked for their status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryStatus {
    /// Providers on the chain.
    pub total: u64,
    /// Of these, asked.
    pub monitored: u64,
    /// Of these, answering.
    pub online: u64,
    /// Of these, not answering after three retries.
    pub dead: u64,
}

/// Progress of one stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StageStatus {
    /// Last height of the committed span that holds the newest rows; readers see up to here.
    pub watermark: Option<u64>,
    /// First height of that span.
    pub complete_from: Option<u64>,
    /// Time of the block at the watermark, seconds since the Unix epoch.
    pub watermark_time_s: Option<i64>,
    /// Seconds between the watermark's block time and now; absent for a recording.
    pub lag_s: Option<i64>,
    /// Heights committed.
    pub committed_heights: u64,
    /// What is missing between the first wanted height and the tip, lowest first.
    pub holes: Vec<Span>,
    /// Why the stage does nothing, if it does nothing.
    pub waiting: Option<String>,
}

/// An endpoint as the pool sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EndpointStatus {
    /// Host of the URL.
    pub host: String,
    /// Where it stands: `ok`, or why it rests.
    pub state: String,
    /// Whether it is asked at present.
    pub healthy: bool,
    /// Tip that it named last.
    pub tip: Option<u64>,
    /// Lowest height that it still has.
    pub floor: Option<u64>,
    /// Smoothed latency.
    pub latency_ms: Option<u64>,
    /// Last error.
    pub last_error: Option<String>,
}

impl NetworkStatus {
    /// Whether every height up to the tip is committed in every stage that the chain has, and nothing is set aside.
    pub fn is_complete(&self) -> bool {
        // Facts that begin with the height after a snapshot at the tip have nothing to reach yet.
        let nothing = self.first.zip(self.tip).is_some_and(|(first, tip)| first > tip);
        let reached = |stage: &StageStatus| {
            let watermark = nothing || stage.watermark >= self.tip;
            self.tip.is_some() && watermark && stage.holes.is_empty()
        };
        reached(&self.facts) && self.state.as_ref().is_none_or(reached) && self.quarantine.is_empty()
    }

    /// Why the state stage does nothing, if it does nothing.
    pub fn waiting(&self) -> Option<String> {
        self.state.as_ref().and_then(|state| state.waiting.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(watermark: u64) -> StageStatus {
        StageStatus {
            watermark: Some(watermark),
            ..StageStatus::default()
        }
    }

    fn network(state: Option<StageStatus>) -> NetworkStatus {
        NetworkStatus {
            tip: Some(9),
            facts: stage(9),
            state,
            ..NetworkStatus::default()
        }
    }

    #[test]
    fn a_state_that_is_behind_is_unfinished() {
        assert!(network(Some(stage(9))).is_complete());
        assert!(!network(Some(stage(8))).is_complete());
    }

    #[test]
    fn facts_that_begin_above_the_tip_are_complete() {
        let mut at_the_tip = network(Some(stage(9)));
        (at_the_tip.facts.watermark, at_the_tip.first) = (None, Some(10));
        assert!(at_the_tip.is_complete());
        at_the_tip.first = Some(9);
        assert!(!at_the_tip.is_complete());
    }

    #[test]
    fn a_chain_without_a_state_stage_is_complete_with_its_facts() {
        assert!(network(None).is_complete());
    }
}
