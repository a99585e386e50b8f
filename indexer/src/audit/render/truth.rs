//! The truth of a recording: what the node answered and what each transaction was meant to be.

use super::answers::{self, Answer};
use crate::audit::error::TruthError;
use crate::audit::node::Node;
use crate::audit::truth::Folder;
use std::path::Path;

/// Everything in a recording's folder that tables can be compared with. What is absent is not compared.
#[derive(Clone, Debug, Default)]
pub struct RenderTruth {
    /// `truth_epochs.json`.
    pub(super) epochs: Option<Vec<EpochTruth>>,
    /// `truth_transactions.json`.
    pub(super) transactions: Option<Vec<TransactionTruth>>,
    /// Recorded answers about supply, accounts and holders.
    pub(super) answers: Vec<Answer>,
}

/// What the node answered at the end of an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EpochTruth {
    pub(super) epoch: u64,
    pub(super) last_slot: u64,
    pub(super) supply: Option<u64>,
    pub(super) balances: Vec<Holding>,
}

/// One balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) name: String,
    pub(super) account: String,
    pub(super) amount: u64,
}

/// What a transaction was meant to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TransactionTruth {
    pub(super) label: String,
    pub(super) signature: String,
    pub(super) slot: Option<u64>,
    /// Whether the node said that it failed, where the truth has its answer.
    pub(super) failed: Option<bool>,
    /// Whether it was meant to fail, where the truth says so.
    pub(super) expected_failure: Option<bool>,
}

impl RenderTruth {
    /// Reads a recording's folder.
    ///
    /// # Errors
    /// A file that is there cannot be read, or is not shaped as recordings are; or none of them is there.
    pub fn read(folder: &Path) -> Result<Self, TruthError> {
        let files = Folder::open(folder)?;
        let mint = match files.document("accounts")? {
            Some(document) => Some(document.root().get("mint")?.text()?),
            None => None,
        };
        let epochs = files.document("truth_epochs")?;
        let epochs = epochs.map(|document| epochs_of(&document.root())).transpose()?;
        let transactions = files.document("truth_transactions")?;
        let transactions = transactions
            .map(|document| document.root().items()?.iter().map(transaction).collect())
            .transpose()?;
        let answers = match &mint {
            Some(mint) => answers::read(&folder.join("rpc.jsonl.zst"), mint)?,
            None => Vec::new(),
        };
        if epochs.is_none() && transactions.is_none() && answers.is_empty() {
            return Err(TruthError::Empty {
                path: folder.to_owned(),
            });
        }
        Ok(Self {
            epochs,
            transactions,
            answers,
        })
    }

    /// Files of truth that the folder does not have.
    pub fn absent(&self) -> Vec<&'static str> {
        let absent = [
            ("truth_epochs.json", self.epochs.is_none()),
            ("truth_transactions.json", self.transactions.is_none()),
            (
                "answers about supply, accounts and holders in rpc.jsonl.zst",
                self.answers.is_empty(),
            ),
        ];
        absent.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect()
    }
}

/// Epochs by number; one that is there twice has two truths.
fn epochs_of(root: &Node<'_>) -> Result<Vec<EpochTruth>, TruthError> {
    let mut epochs = root.items()?.iter().map(epoch).collect::<Result<Vec<_>, _>>()?;
    epochs.sort_by_key(|epoch| epoch.epoch);
    match epochs.windows(2).find(|pair| pair[0].epoch == pair[1].epoch) {
        Some(pair) => Err(root.error(format!("epoch {} comes twice", pair[0].epoch))),
        None => Ok(epochs),
    }
}

fn epoch(node: &Node<'_>) -> Result<EpochTruth, TruthError> {
    let (first_slot, last_slot): (u64, u64) = (node.get("first_slot")?.integer()?, node.get("last_slot")?.integer()?);
    if last_slot < first_slot {
        return Err(node.error(format!(
            "the epoch ends at slot {last_slot}, before slot {first_slot} where it begins"
        )));
    }
    let supply = node.find("supply").map(|supply| supply_of(&supply)).transpose()?;
    let balances = match node.find("balances") {
        Some(balances) => balances.fields()?.iter().map(holding).collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    Ok(EpochTruth {
        epoch: node.get("epoch")?.integer()?,
        last_slot,
        supply,
        balances,
    })
}

/// The answer of `getTokenSupply` whole, its value, or the bare amount.
fn supply_of(node: &Node<'_>) -> Result<u64, TruthError> {
    if !node.value().is_object() {
        return node.integer();
    }
    let value = node.find("value").unwrap_or_else(|| node.clone());
    value.get("amount")?.integer()
}

fn holding((name, node): &(String, Node<'_>)) -> Result<Holding, TruthError> {
    let amount = if node.find("amount").is_none() && node.prints("amount") {
        // `null`: the node had no such account any more.
        0
    } else {
        node.get("amount")?.integer()?
    };
    Ok(Holding {
        name: name.clone(),
        account: node.get("account")?.text()?,
        amount,
    })
}

fn transaction(node: &Node<'_>) -> Result<TransactionTruth, TruthError> {
    let expected = node.find("expect_failure").map(|expected| {
        let flag = expected.value().as_bool();
        flag.ok_or_else(|| expected.error("not true or false"))
    });
    Ok(TransactionTruth {
        label: node.get("label")?.text()?,
        signature: node.get("signature")?.text()?,
        slot: node.find("slot").map(|slot| slot.integer()).transpose()?,
        failed: node.prints("err").then(|| node.find("err").is_some()),
        expected_failure: expected.transpose()?,
    })
}
