//! A transaction as all tables see it: explained and classified once.

use super::FactError;
use crate::chain::render::RenderRules;
use crate::chain::render::classify::{Meaning, classify};
use crate::chain::render::explain::{Event, Explained, Place, explain};
use crate::chain::render::model::Transaction;
use gridproof_store::batch::SolanaIdentity;

pub(super) struct View<'a> {
    pub rules: &'a RenderRules,
    pub slot: u64,
    pub transaction: &'a Transaction,
    pub explained: Explained,
    /// What each event means, in their order.
    pub meanings: Vec<Meaning>,
    pub memo: String,
    pub epoch: Option<u32>,
}

impl<'a> View<'a> {
    pub(super) fn new(rules: &'a RenderRules, slot: u64, transaction: &'a Transaction) -> Result<Self, FactError> {
        let explained = explain(&rules.watch.mint, transaction).map_err(|source| FactError::Explain {
            slot,
            signature: transaction.signature.clone(),
            source,
        })?;
        let expected = rules.watch.decimals;
        if let Some(other) = explained.changes.iter().find(|change| change.decimals != expected) {
            return Err(FactError::Decimals {
                slot,
                signature: transaction.signature.clone(),
                expected,
                found: other.decimals,
            });
        }
        let meaning = |event| classify(&rules.watch, slot, event);
        Ok(Self {
            rules,
            slot,
            transaction,
            meanings: explained.events.iter().map(meaning).collect(),
            explained,
            memo: transaction.memo(),
            epoch: rules.epochs.epoch_at(slot, transaction.block_time),
        })
    }

    pub(super) fn events(&self) -> impl Iterator<Item = (&Event, &Meaning)> {
        self.explained.events.iter().zip(&self.meanings)
    }

    pub(super) fn identity(&self, place: Place) -> SolanaIdentity {
        SolanaIdentity {
            slot: self.slot,
            block_time_ms: self.transaction.block_time * 1_000,
            signature: self.transaction.signature.clone(),
            outer: place.outer,
            inner: place.inner,
            batch: place.batch,
            tx_index: self.transaction.tx_index,
        }
    }
}

/// A count as a column has it.
pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
