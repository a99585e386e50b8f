//! `gridproof watch`: which accounts of a network count as what, beside those that are built in.

use crate::args::{Watch, WatchAction, WatchAdd};
use crate::config::Config;
use crate::data::DataDir;
use crate::exit::{Failure, Outcome};
use crate::output;
use gridproof_indexer::chain::render::discover::check_address;
use gridproof_indexer::chain::render::watch::WatchSet;
use gridproof_store::state_db::{StateDb, StateError, WatchStatus, WatchedAccount};
use serde::Serialize;

/// The network whose accounts are built in.
const BUILT_IN: &str = "render";

/// One line of the list.
#[derive(Debug, Serialize)]
struct Entry {
    /// `built_in`, or how far an entry of the state database has come.
    status: String,
    #[serde(flatten)]
    account: WatchedAccount,
    added_ms: Option<i64>,
}

/// Prints or changes the watch list.
pub(crate) async fn run(config: &Config, args: Watch, json: bool) -> Outcome {
    let state_db = open(config).await?;
    let outcome = act(&state_db, &args, json).await;
    state_db.close().await;
    outcome
}

/// The state database of the data folder; made where there is none, for accounts may be named before the first run.
pub(super) async fn open(config: &Config) -> Result<StateDb, Failure> {
    let data = DataDir::new(&config.data_dir);
    data.create()?;
    StateDb::open_file(&data.state_db())
        .await
        .map_err(|error| Failure::Internal(error.into()))
}

async fn act(state_db: &StateDb, args: &Watch, json: bool) -> Outcome {
    let network = args.network.as_str();
    match &args.action {
        WatchAction::List => return list(state_db, network, json).await,
        WatchAction::Add(add) => state_db
            .add_watched_account(network, &entry(add)?)
            .await
            .map_err(failure)?,
        WatchAction::Accept(entry) => state_db
            .accept_watched_account(network, &entry.address, entry.from_slot)
            .await
            .map_err(failure)?,
        WatchAction::Retire(retire) => {
            let (address, from) = (&retire.entry.address, retire.entry.from_slot);
            state_db
                .retire_watched_account(network, address, from, retire.last_slot)
                .await
                .map_err(failure)?;
        }
    }
    match json {
        true => list(state_db, network, true).await,
        false => output::text_line(&format!(
            "the watch list of {network} is changed; it counts from the next start of the indexer on, which also derives \
             again what is indexed already"
        )),
    }
}

fn entry(add: &WatchAdd) -> Result<WatchedAccount, Failure> {
    check_address(&add.address).map_err(|why| Failure::usage(format!("--address {}: {why}", add.address)))?;
    if !add.owner.is_empty() {
        check_address(&add.owner).map_err(|why| Failure::usage(format!("--owner {}: {why}", add.owner)))?;
    }
    Ok(WatchedAccount {
        address: add.address.clone(),
        owner: add.owner.clone(),
        role: add.role.name().to_owned(),
        subnet: add.subnet.clone(),
        label: add.label.clone(),
        evidence: add.evidence.clone(),
        valid_from_slot: add.from_slot,
        valid_to_slot: None,
        status: if add.propose {
            WatchStatus::Proposed
        } else {
            WatchStatus::Accepted
        },
        match_ratio: None,
        first_seen_epoch: None,
    })
}

/// What the caller can mend is usage; a database that fails is not.
pub(super) fn failure(error: StateError) -> Failure {
    match error {
        StateError::WatchClash { .. } | StateError::NotWatched { .. } | StateError::BadWatch { .. } => {
            Failure::Usage(error.into())
        }
        error => Failure::Internal(error.into()),
    }
}

async fn list(state_db: &StateDb, network: &str, json: bool) -> Outcome {
    let listed = state_db.watched_accounts(network).await.map_err(failure)?;
    let mut entries = if network == BUILT_IN { built_in() } else { Vec::new() };
    entries.extend(listed.into_iter().map(|(account, added_ms)| Entry {
        status: account.status.as_str().to_owned(),
        account,
        added_ms: Some(added_ms),
    }));
    if json {
        return output::json(&entries);
    }
    if entries.is_empty() {
        return output::text_line(&format!("no account was added to the watch list of {network}"));
    }
    let mut rows = vec![
        ["status", "role", "account", "owner", "from slot", "to slot", "evidence"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(entries.iter().map(line));
    output::text_line(&output::columns(&rows))
}

/// The accounts that the program knows by itself, in the form of the list.
fn built_in() -> Vec<Entry> {
    let built_in = WatchSet::mainnet().accounts.into_iter();
    built_in
        .map(|account| Entry {
            status: "built_in".to_owned(),
            account: WatchedAccount {
                address: account.address,
                owner: account.owner,
                role: account.role.name().to_owned(),
                subnet: account.subnet,
                label: account.label,
                evidence: account.evidence,
                valid_from_slot: account.valid_from_slot,
                valid_to_slot: account.valid_to_slot,
                status: WatchStatus::Accepted,
                match_ratio: None,
                first_seen_epoch: None,
            },
            added_ms: None,
        })
        .collect()
}

fn line(entry: &Entry) -> Vec<String> {
    let account = &entry.account;
    let or_dash = |text: &str| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text.to_owned()
        }
    };
    vec![
        entry.status.clone(),
        account.role.clone(),
        account.address.clone(),
        or_dash(&account.owner),
        account.valid_from_slot.to_string(),
        account
            .valid_to_slot
            .map_or_else(|| "-".to_owned(), |slot| slot.to_string()),
        or_dash(&account.evidence),
    ]
}
