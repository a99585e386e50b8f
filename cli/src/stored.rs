//! The rules by which a network of the data folder is derived, where no recording or endpoint is at hand.

use crate::config::Config;
use crate::exit::Failure;
use crate::networks;
use gridproof_indexer::chain::Family;
use gridproof_indexer::chain::akash::DECODER_VERSION;
use gridproof_indexer::chain::akash::state::{ChainRules, State};
use gridproof_indexer::pipeline::Vault;
use gridproof_store::state_db::Network;

/// The rules of a network of any family.
pub(crate) enum StoredRules {
    /// Versions in force by height.
    Akash(ChainRules),
}

/// The rules of a network: as configured, else as the data folder has them (a recording's).
pub(crate) async fn rules(config: &Config, vault: &Vault, network: &Network) -> Result<StoredRules, Failure> {
    match network.kind.as_str() {
        ChainRules::KIND => akash(config, vault, network).await.map(StoredRules::Akash),
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
