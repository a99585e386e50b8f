//! The rules of Render as rows, for readers: the watch set and the epochs that facts were derived with.

use crate::chain::render::epochs::{EpochBoundary, EpochTable};
use crate::chain::render::watch::{Role, WatchAccount, WatchSet};
use gridproof_store::client::ClickHouse;
use gridproof_store::reference::{EpochBoundaryRow, ReferenceError, WatchAccountRow, publish_list};

const MS_PER_S: i64 = 1_000;

/// Makes the watch set and the epochs that begin before `until_s` (seconds since the Unix epoch) the newest lists of a
/// network. To be called with the rules that its facts are derived with, before they are; what is there already counts
/// once. Where weeks go on, call it again before `until_s`.
pub async fn publish_render_rules(
    client: &ClickHouse,
    network: &str,
    watch: &WatchSet,
    epochs: &EpochTable,
    until_s: i64,
) -> Result<(), ReferenceError> {
    publish_list(client, network, &watched(watch)).await?;
    let boundaries: Vec<_> = epochs.boundaries_until(until_s).iter().map(boundary).collect();
    publish_list(client, network, &boundaries).await?;
    Ok(())
}

/// The mint, then the accounts.
fn watched(set: &WatchSet) -> Vec<WatchAccountRow> {
    let mint = WatchAccountRow {
        address: set.mint.clone(),
        owner: String::new(),
        role: Role::Mint.name().to_owned(),
        subnet: String::new(),
        label: String::new(),
        watch_evidence: String::new(),
        valid_from_slot: 0,
        valid_to_slot: None,
    };
    [mint].into_iter().chain(set.accounts.iter().map(account)).collect()
}

fn account(one: &WatchAccount) -> WatchAccountRow {
    WatchAccountRow {
        address: one.address.clone(),
        owner: one.owner.clone(),
        role: one.role.name().to_owned(),
        subnet: one.subnet.clone(),
        label: one.label.clone(),
        watch_evidence: one.evidence.clone(),
        valid_from_slot: one.valid_from_slot,
        valid_to_slot: one.valid_to_slot,
    }
}

fn boundary(one: &EpochBoundary) -> EpochBoundaryRow {
    EpochBoundaryRow {
        epoch: one.epoch,
        starts_at: one.starts_at.saturating_mul(MS_PER_S),
        ends_at: one.ends_at.saturating_mul(MS_PER_S),
        from_slot: one.from_slot,
        to_slot: one.to_slot,
        basis: one.basis.name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T00:00:00Z, in epoch 153.
    const NOW_S: i64 = 1_795_305_600;

    #[test]
    fn the_epochs_of_mainnet_go_on_to_the_week_that_is_asked_for() {
        let rows: Vec<_> = EpochTable::mainnet()
            .boundaries_until(NOW_S)
            .iter()
            .map(boundary)
            .collect();
        let numbers: Vec<u32> = rows.iter().map(|row| row.epoch).collect();
        assert_eq!(numbers, (1..=153).collect::<Vec<_>>());
        let last = &rows[152];
        assert!(last.starts_at <= NOW_S * MS_PER_S && NOW_S * MS_PER_S < last.ends_at);
        assert_eq!((last.from_slot, last.basis.as_str()), (None, "formula"));
    }

    #[test]
    fn the_mint_stands_in_the_list_of_watched_accounts() {
        let set = WatchSet::mainnet();
        let rows = watched(&set);
        assert_eq!(
            (rows[0].address.as_str(), rows[0].role.as_str()),
            (set.mint.as_str(), "mint")
        );
        assert_eq!(rows.len(), set.accounts.len() + 1);
        let burns = |row: &&WatchAccountRow| row.role == "burn";
        assert!(rows.iter().filter(burns).count() > 0, "no burn wallet is watched");
    }
}
