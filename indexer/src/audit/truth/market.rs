//! Deployments, groups, orders, bids and leases.

use super::files::{Folder, insert};
use crate::audit::canon::{NONE, canonical};
use crate::audit::error::TruthError;
use crate::audit::keys;
use crate::audit::node::Node;
use crate::audit::rows::{Bid, Deployment, Group, Lease, Order};
use crate::audit::snapshot::Snapshot;
use std::collections::BTreeMap;

/// Reads the market's files that are there.
pub(super) fn read(folder: &Folder, snapshot: &mut Snapshot) -> Result<(), TruthError> {
    read_deployments(folder, snapshot)?;
    if let Some(document) = folder.document("orders")? {
        let mut table = BTreeMap::new();
        for node in document.objects("orders")? {
            let order = Order {
                state: node.get("state")?.text()?,
                created_at: node.get("created_at")?.integer()?,
                spec: canonical(node.get("spec")?.value()),
                reclamation_min_window: min_window(&node)?,
            };
            insert(&mut table, order_key(&node.one_of(&["id", "order_id"])?)?, order, &node)?;
        }
        snapshot.orders = Some(table);
    }
    if let Some(document) = folder.document("bids")? {
        let mut table = BTreeMap::new();
        for node in document.objects("bids")? {
            let node = node.get("bid")?;
            insert(
                &mut table,
                bid_key(&node.one_of(&["id", "bid_id"])?)?,
                bid(&node)?,
                &node,
            )?;
        }
        snapshot.bids = Some(table);
    }
    if let Some(document) = folder.document("leases")? {
        let mut table = BTreeMap::new();
        for node in document.objects("leases")? {
            let node = node.get("lease")?;
            insert(
                &mut table,
                bid_key(&node.one_of(&["id", "lease_id"])?)?,
                lease(&node)?,
                &node,
            )?;
        }
        snapshot.leases = Some(table);
    }
    Ok(())
}

fn read_deployments(folder: &Folder, snapshot: &mut Snapshot) -> Result<(), TruthError> {
    let Some(document) = folder.document("deployments")? else {
        return Ok(());
    };
    let (mut deployments, mut groups) = (BTreeMap::new(), BTreeMap::new());
    for node in document.objects("deployments")? {
        let deployment = node.get("deployment")?;
        let key = deployment_key(&deployment.one_of(&["id", "deployment_id"])?)?;
        let object = Deployment {
            state: deployment.get("state")?.text()?,
            hash: deployment.one_of(&["hash", "version"])?.text()?,
            created_at: deployment.get("created_at")?.integer()?,
            reclamation_min_window: min_window(&deployment)?,
        };
        insert(&mut deployments, key, object, &deployment)?;
        for group in node.list("groups", |group| Ok(group.clone()))? {
            let object = Group {
                state: group.get("state")?.text()?,
                created_at: group.get("created_at")?.integer()?,
                spec: canonical(group.get("group_spec")?.value()),
            };
            insert(
                &mut groups,
                group_key(&group.one_of(&["id", "group_id"])?)?,
                object,
                &group,
            )?;
        }
    }
    (snapshot.deployments, snapshot.groups) = (Some(deployments), Some(groups));
    Ok(())
}

fn bid(node: &Node<'_>) -> Result<Bid, TruthError> {
    let offer = node.find("resources_offer");
    Ok(Bid {
        state: node.get("state")?.text()?,
        price: node.get("price")?.dec_coin()?,
        created_at: node.get("created_at")?.integer()?,
        resources_offer: offer.map_or_else(|| NONE.to_owned(), |offer| canonical(offer.value())),
        reclamation_window: printed(node, "reclamation_window", seconds)?,
    })
}

fn lease(node: &Node<'_>) -> Result<Lease, TruthError> {
    Ok(Lease {
        state: node.get("state")?.text()?,
        price: node.get("price")?.dec_coin()?,
        created_at: node.get("created_at")?.integer()?,
        closed_on: node.get("closed_on")?.integer()?,
        reason: node.find("reason").map(|reason| reason.name()).transpose()?,
        reclamation: printed(node, "reclamation", |reclamation| Ok(canonical(reclamation.value())))?,
    })
}

/// A nullable field of a later era: absent where the era does not print it, [`NONE`] where it is null.
fn printed(
    node: &Node<'_>,
    name: &str,
    read: impl Fn(&Node<'_>) -> Result<String, TruthError>,
) -> Result<Option<String>, TruthError> {
    match node.find(name) {
        Some(value) => read(&value).map(Some),
        None => Ok(node.prints(name).then(|| NONE.to_owned())),
    }
}

/// The reclamation terms of a deployment or of its order.
fn min_window(node: &Node<'_>) -> Result<Option<String>, TruthError> {
    printed(node, "reclamation", |terms| seconds(&terms.get("min_window")?))
}

/// Whole seconds of a protobuf duration.
fn seconds(node: &Node<'_>) -> Result<String, TruthError> {
    let text = node.text()?;
    let digits = text.strip_suffix('s').and_then(|digits| digits.parse::<u64>().ok());
    let digits = digits.ok_or_else(|| node.error(format!("not a duration in whole seconds: {text:?}")))?;
    Ok(digits.to_string())
}

fn deployment_key(id: &Node<'_>) -> Result<String, TruthError> {
    Ok(keys::deployment(&id.get("owner")?.text()?, id.get("dseq")?.integer()?))
}

fn group_key(id: &Node<'_>) -> Result<String, TruthError> {
    Ok(keys::join(&deployment_key(id)?, id.get("gseq")?.integer::<u32>()?))
}

fn order_key(id: &Node<'_>) -> Result<String, TruthError> {
    let (gseq, oseq) = (id.get("gseq")?.integer()?, id.get("oseq")?.integer()?);
    Ok(keys::order(
        &id.get("owner")?.text()?,
        id.get("dseq")?.integer()?,
        gseq,
        oseq,
    ))
}

fn bid_key(id: &Node<'_>) -> Result<String, TruthError> {
    let bseq = id.find("bseq").map_or(Ok(0), |bseq| bseq.integer::<u32>())?;
    Ok(keys::bid(&order_key(id)?, &id.get("provider")?.text()?, bseq))
}
