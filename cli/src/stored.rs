//! The rules by which a network of the data folder is derived, where no recording or endpoint is at hand.

use crate::config::Config;
use crate::exit::Failure;
use crate::networks;
use gridproof_indexer::chain::Family;
use gridproof_indexer::chain::akash::DECODER_VERSION;
use gridproof_indexer::chain::akash::state::{ChainRules, State};
use gridproof_indexer::chain::render::RenderRules;
use gridproof_indexer::pipeline::Vault;
use gridproof_store::state_db::Network;

/// The rules of a network of any family.
pub(crate) enum StoredRules {
    /// Versions in force by height.
    Akash(ChainRules),
    /// What is watched, and the epochs.
    Render(RenderRules),
}

/// The rules of a network: as configured, else as the data folder has them (a recording's).
pub(crate) async fn rules(config: &Config, vault: &Vault, network: &Network) -> Result<StoredRules, Failure> {
    match network.kind.as_str() {
        ChainRules::KIND => akash(config, vault, network).await.map(StoredRules::Akash),
        RenderRules::KIND => render(vault, network).await.map(StoredRules::Render),
        other => Err(Failure::usage(format!(
            "network {} is of kind {other}, which this release does not know; use the release that indexed it",
            network.name
        ))),
    }
}

/// The versions of a network: as configured, else as its newest checkpoint has them.
async fn akash(config: &Config, vault: &Vault, network: &Network) -> Result<ChainRules, Failure> {
    if let Some(configured) = config.network.iter().find(|configured| configured.name == network.name) {
        return networks::rules(configured);
    }
    let state = vault.newest_state(DECODER_VERSION, u64::MAX).await;
    let state = state.map_err(|error| Failure::Internal(error.into()))?;
    match state.map(|(_, bytes)| State::from_checkpoint(&bytes)) {
        Some(Ok(state)) => Ok(state.rules),
        _ => Err(Failure::usage(format!(
            "network {} is not configured and has no checkpoint that tells its upgrades; index its recording first",
            network.name
        ))),
    }
}

/// The rules by which the network was last followed. What the configuration says now is applied by the next start.
async fn render(vault: &Vault, network: &Network) -> Result<RenderRules, Failure> {
    let name = &network.name;
    let document = vault.rules().await.map_err(|error| Failure::Internal(error.into()))?;
    let Some(document) = document else {
        return Err(Failure::usage(format!(
            "network {name} was never followed to the end of a start, so its watch set is not on record; index it first"
        )));
    };
    serde_json::from_slice(&document).map_err(|error| {
        Failure::data(format!(
            "the rules of network {name} in the archive cannot be read: {error}; start the indexer once, it writes them anew"
        ))
    })
}
