//! The effective watch set of a network: what is built in or configured, and what was accepted into the state database.

use crate::exit::Failure;
use gridproof_indexer::chain::render::watch::{Role, WatchAccount, WatchSet};
use gridproof_store::state_db::{StateDb, WatchStatus, WatchedAccount};

/// `base` with every account of the network's watch list that counts, or counted until its last slot.
///
/// # Errors
/// The state database cannot be read; or the list and `base` say two things of one account.
pub(crate) async fn effective(state_db: &StateDb, network: &str, base: WatchSet) -> Result<WatchSet, Failure> {
    let listed = state_db
        .watched_accounts(network)
        .await
        .map_err(|error| Failure::Internal(error.into()))?;
    join(network, base, listed.into_iter().map(|(account, _)| account))
}

/// The same from a list.
pub(crate) fn join(
    network: &str,
    mut base: WatchSet,
    listed: impl IntoIterator<Item = WatchedAccount>,
) -> Result<WatchSet, Failure> {
    for account in listed
        .into_iter()
        .filter(|account| account.status != WatchStatus::Proposed)
    {
        let account = watch_account(network, account)?;
        // A discovery may find what is built in: then the built-in entry, with its own interval, stands.
        let is_known = |known: &WatchAccount| known.address == account.address && known.role == account.role;
        if base
            .accounts
            .iter()
            .any(|known| is_known(known) && known.valid_from_slot <= account.valid_from_slot)
        {
            continue;
        }
        base.accounts.push(account);
    }
    base.check().map_err(|error| {
        Failure::usage(format!(
            "the watch list of {network} cannot be used: {error}; see `gridproof watch list --network {network}`"
        ))
    })?;
    Ok(base)
}

fn watch_account(network: &str, account: WatchedAccount) -> Result<WatchAccount, Failure> {
    let role = Role::ALL.into_iter().find(|role| role.name() == account.role).ok_or_else(|| {
        Failure::usage(format!(
            "the watch list of {network} gives {} the role `{}`, which this program does not know; use a newer program",
            account.address, account.role
        ))
    })?;
    Ok(WatchAccount {
        address: account.address,
        owner: account.owner,
        role,
        subnet: account.subnet,
        label: account.label,
        evidence: account.evidence,
        valid_from_slot: account.valid_from_slot,
        valid_to_slot: account.valid_to_slot,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ACCOUNT: &str = "8t626wFVw94gnPMQ22HFusBUpyuRYKSQLyYFch2KyixB";
    const OWNER: &str = "6CZhvi8uj3uyPXMaCzF7wMYZC3tjHX3VWnkZx5qvkVRy";

    fn listed(role: &str, status: WatchStatus, from: u64, to: Option<u64>) -> WatchedAccount {
        WatchedAccount {
            address: ACCOUNT.to_owned(),
            owner: OWNER.to_owned(),
            role: role.to_owned(),
            subnet: String::new(),
            label: String::new(),
            evidence: "a test".to_owned(),
            valid_from_slot: from,
            valid_to_slot: to,
            status,
            match_ratio: None,
            first_seen_epoch: None,
        }
    }

    #[test]
    fn accepted_and_retired_accounts_count_and_proposed_ones_do_not() {
        let built_in = WatchSet::mainnet();
        let before = built_in.accounts.len();
        let set = join(
            "n",
            built_in.clone(),
            [listed("payout_work", WatchStatus::Accepted, 5, None)],
        )
        .unwrap();
        assert_eq!(
            set.role_at(ACCOUNT, OWNER, 5).map(|one| one.role),
            Some(Role::PayoutWork)
        );
        assert!(set.role_at(ACCOUNT, OWNER, 4).is_none(), "not before its first slot");
        let set = join(
            "n",
            built_in.clone(),
            [listed("payout_work", WatchStatus::Retired, 5, Some(9))],
        )
        .unwrap();
        assert!(set.role_at(ACCOUNT, OWNER, 9).is_some() && set.role_at(ACCOUNT, OWNER, 10).is_none());
        let set = join("n", built_in, [listed("payout_work", WatchStatus::Proposed, 5, None)]).unwrap();
        assert_eq!(set.accounts.len(), before);
    }

    #[test]
    fn what_is_found_again_changes_nothing_and_two_meanings_are_refused() {
        let accepted = listed("payout_work", WatchStatus::Accepted, 0, None);
        let base = join("n", WatchSet::mainnet(), [accepted.clone()]).unwrap();
        let again = listed("payout_work", WatchStatus::Accepted, 70, None);
        assert_eq!(join("n", base.clone(), [again]).unwrap(), base);
        let other = listed("treasury", WatchStatus::Accepted, 70, None);
        let refused = join("n", base, [other]).unwrap_err().to_string();
        assert!(
            refused.contains("two entries") && refused.contains("gridproof watch list"),
            "{refused}"
        );
        let unknown = join(
            "n",
            WatchSet::mainnet(),
            [listed("bank", WatchStatus::Accepted, 0, None)],
        );
        assert!(unknown.unwrap_err().to_string().contains("`bank`"));
    }
}
