//! Escrow accounts and payments: their own files where the era answers them, else nested in
//! deployments, bids and leases.

use super::files::{Folder, insert};
use crate::audit::error::TruthError;
use crate::audit::keys;
use crate::audit::node::Node;
use crate::audit::rows::{EscrowAccount, EscrowDeposit, EscrowPayment};
use crate::audit::snapshot::Snapshot;
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::DecCoin;
use std::collections::BTreeMap;

const DEPLOYMENT: &str = "deployment";
const BID: &str = "bid";

/// Reads accounts and payments.
pub(super) fn read(folder: &Folder, snapshot: &mut Snapshot) -> Result<(), TruthError> {
    if let Some(document) = folder.document("escrow_accounts")? {
        let (mut deployments, mut bids) = (BTreeMap::new(), BTreeMap::new());
        for node in document.objects("accounts")? {
            let id = node.get("id")?;
            let table = match id.get("scope")?.text()?.as_str() {
                DEPLOYMENT => &mut deployments,
                BID => &mut bids,
                other => return Err(id.error(format!("unknown scope {other:?}"))),
            };
            insert(table, id.get("xid")?.text()?, account(&node)?, &node)?;
        }
        (snapshot.deployment_accounts, snapshot.bid_accounts) = (Some(deployments), Some(bids));
    } else {
        snapshot.deployment_accounts = nested(folder, "deployments", "escrow_account", account_entry)?;
        snapshot.bid_accounts = nested(folder, "bids", "escrow_account", account_entry)?;
    }
    snapshot.escrow_payments = match folder.document("escrow_payments")? {
        Some(document) => {
            let mut table = BTreeMap::new();
            for node in document.objects("payments")? {
                let (key, payment) = payment_entry(&node)?;
                insert(&mut table, key, payment, &node)?;
            }
            Some(table)
        }
        None => nested(folder, "leases", "escrow_payment", payment_entry)?,
    };
    Ok(())
}

fn nested<T>(
    folder: &Folder,
    file: &str,
    field: &str,
    read: impl Fn(&Node<'_>) -> Result<(String, T), TruthError>,
) -> Result<Option<BTreeMap<String, T>>, TruthError> {
    let Some(document) = folder.document(file)? else {
        return Ok(None);
    };
    let mut table = BTreeMap::new();
    for node in document.objects(file)? {
        let node = node.get(field)?;
        let (key, object) = read(&node)?;
        insert(&mut table, key, object, &node)?;
    }
    Ok(Some(table))
}

fn account_entry(node: &Node<'_>) -> Result<(String, EscrowAccount), TruthError> {
    Ok((node.get("id")?.get("xid")?.text()?, account(node)?))
}

/// An account of either shape: from v1.0.0 on its fields are inside `state`.
fn account(node: &Node<'_>) -> Result<EscrowAccount, TruthError> {
    let state = node.get("state")?;
    if state.value().is_string() {
        return legacy_account(node);
    }
    Ok(EscrowAccount {
        owner: state.get("owner")?.text()?,
        state: state.get("state")?.text()?,
        settled_at: state.get("settled_at")?.integer()?,
        funds: state.list("funds", Node::dec_coin)?,
        transferred: state.list("transferred", Node::dec_coin)?,
        deposits: state.list("deposits", EscrowDeposit::from_node)?,
    })
}

fn legacy_account(node: &Node<'_>) -> Result<EscrowAccount, TruthError> {
    let owner = node.get("owner")?.text()?;
    let (balance, funds) = (node.get("balance")?.dec_coin()?, node.get("funds")?.dec_coin()?);
    let sum = balance
        .amount
        .add(funds.amount)
        .map_err(|error| node.error(error.to_string()))?;
    let entry = |owner: &str, source: &str, rest: &DecCoin| EscrowDeposit {
        owner: owner.to_owned(),
        height: 0,
        source: source.to_owned(),
        balance: rest.clone(),
    };
    let depositor = node.get("depositor")?.text()?;
    let mut deposits = vec![entry(&depositor, "grant", &funds), entry(&owner, "balance", &balance)];
    deposits.retain(|deposit| deposit.balance.amount > Dec::ZERO);
    Ok(EscrowAccount {
        state: node.get("state")?.text()?,
        settled_at: node.get("settled_at")?.integer()?,
        funds: vec![DecCoin {
            denom: balance.denom,
            amount: sum,
        }],
        transferred: vec![node.get("transferred")?.dec_coin()?],
        owner,
        deposits,
    })
}

fn payment_entry(node: &Node<'_>) -> Result<(String, EscrowPayment), TruthError> {
    let legacy = node.find("account_id");
    let (account, xid, fields) = match legacy {
        Some(account) => (account, node.get("payment_id")?, node.clone()),
        None => (
            node.get("id")?.get("aid")?,
            node.get("id")?.get("xid")?,
            node.get("state")?,
        ),
    };
    let payment = EscrowPayment {
        owner: fields.get("owner")?.text()?,
        state: fields.get("state")?.text()?,
        rate: fields.get("rate")?.dec_coin()?,
        balance: fields.get("balance")?.dec_coin()?,
        unsettled: fields
            .find("unsettled")
            .map(|unsettled| unsettled.dec_coin())
            .transpose()?,
        withdrawn: fields.get("withdrawn")?.coin()?,
    };
    Ok((keys::join(&account.get("xid")?.text()?, xid.text()?), payment))
}
