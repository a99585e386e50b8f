//! The rules by which a network of the data folder is derived, where no recording or endpoint is at hand.

use crate::config::Config;
use crate::exit::Failure;
use crate::{networks, render};
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
        RenderRules::KIND => to_derive(config, vault, network).await.map(StoredRules::Render),
        other => Err(Failure::usage(format!(
            "network {} is of kind {other}, which this release does not know; use the release that indexed it",
            network.name
        ))),
    }
}

/// The rules under which the rows of a network of Render were derived.
pub(crate) async fn derived_by(vault: &Vault, network: &Network) -> Result<RenderRules, Failure> {
    let document = vault.rules().await.map_err(|error| Failure::Internal(error.into()))?;
    let document = document.ok_or_else(|| {
        Failure::usage(format!(
            "the data folder does not say what was watched of {}; index it first",
            network.name
        ))
    })?;
    serde_json::from_slice(&document).map_err(|error| {
        Failure::data(format!(
            "what was watched of {} cannot be read from the data folder: {error}; restore its archive from a backup",
            network.name
        ))
    })
}

/// The rules by which to derive a network of Render again: the watch set as it is now configured and accepted, else as the
/// data folder has it (a recording's).
async fn to_derive(config: &Config, vault: &Vault, network: &Network) -> Result<RenderRules, Failure> {
    let mut rules = derived_by(vault, network).await?;
    if let Some(configured) = config.network.iter().find(|configured| configured.name == network.name) {
        rules.watch = render::watch_set(config, configured).await?;
    }
    Ok(rules)
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
