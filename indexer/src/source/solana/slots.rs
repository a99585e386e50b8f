//! Whether a slot has a block. "Skipped" is a fact only where the chain itself passes over the slot.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::SolanaSource;
use super::member::Member;
use super::rpc::{BlockDetail, BlockLinks, SolanaRpc};
use crate::source::pool::{Endpoint, Need};
use crate::source::{Attempt, FetchError};

/// What is known of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotFact {
    /// It has a block.
    Produced(BlockLinks),
    /// It has none: the block of `next` follows that of `parent`, and the hashes agree.
    Skipped {
        /// The last slot with a block before it.
        parent: u64,
        /// The first slot with a block after it.
        next: u64,
    },
}

type By<R> = Arc<Endpoint<Member<R>>>;

impl<R: SolanaRpc> SolanaSource<R> {
    /// Whether `slot` has a block.
    ///
    /// # Errors
    /// [`FetchError::SlotSkipped`]: nodes say that it has none, and nothing confirms it yet; ask again. Also what the
    /// endpoints failed with; a version that is not supported ([`FetchError::UnsupportedVersion`]) is never a skip.
    pub async fn slot_fact(&self, slot: u64) -> Result<SlotFact, FetchError> {
        let claim = match self.links(slot, &BTreeSet::new()).await {
            Ok((links, _)) => return Ok(SlotFact::Produced(links)),
            Err(error) => error,
        };
        match skip_claim(&claim) {
            Some(by) => {
                let unknown = FetchError::SlotSkipped {
                    endpoint: by.to_owned(),
                    slot,
                };
                self.passed_over(slot).await?.ok_or(unknown)
            }
            None => Err(claim),
        }
    }

    /// The two blocks around a skipped slot, if the later one follows the earlier one.
    async fn passed_over(&self, slot: u64) -> Result<Option<SlotFact>, FetchError> {
        let Some(next) = self.next_block(slot).await? else {
            return Ok(None);
        };
        let (next, by) = self.links(next, &BTreeSet::new()).await?;
        if next.parent_slot >= slot {
            return Ok(None);
        }
        let (parent, _) = self.links(next.parent_slot, &BTreeSet::new()).await?;
        if parent.blockhash != next.previous_blockhash {
            return Err(FetchError::Disagreement {
                height: parent.slot,
                first: by.name().to_owned(),
                first_hash: next.previous_blockhash,
                second: "the block itself".to_owned(),
                second_hash: parent.blockhash,
            });
        }
        if !self.confirmed(&next, &by).await? {
            return Ok(None);
        }
        Ok(Some(SlotFact::Skipped {
            parent: parent.slot,
            next: next.slot,
        }))
    }

    /// The first slot with a block after `slot`; `None`: no node knows one yet.
    async fn next_block(&self, slot: u64) -> Result<Option<u64>, FetchError> {
        let need = Need::height(format!("the block after slot {slot}"), slot);
        let ask = |member: Member<R>| async move { member.rpc.blocks_with_limit(slot.saturating_add(1), 1).await };
        let (slots, _) = self.group.request(&need, ask).await?;
        Ok(slots.first().copied())
    }

    /// Whether a second endpoint has the same block with the same parent. Where none but the first keeps it, there is
    /// nobody to ask, and its own parent link must do.
    async fn confirmed(&self, block: &BlockLinks, by: &By<R>) -> Result<bool, FetchError> {
        if self.group.members.len() < 2 {
            return Ok(true);
        }
        let (other, second) = match self.links(block.slot, &BTreeSet::from([by.index])).await {
            Ok(answer) => answer,
            Err(error) => return Ok(nobody_keeps_it(&error)),
        };
        if other.blockhash == block.blockhash && other.parent_slot == block.parent_slot {
            return Ok(true);
        }
        Err(FetchError::Disagreement {
            height: block.slot,
            first: by.name().to_owned(),
            first_hash: block.blockhash.clone(),
            second: second.name().to_owned(),
            second_hash: other.blockhash,
        })
    }

    /// The links of the block in `slot`, from an endpoint that is not in `not`.
    pub(super) async fn links(&self, slot: u64, not: &BTreeSet<usize>) -> Result<(BlockLinks, By<R>), FetchError> {
        let need = Need {
            not: not.clone(),
            ..Need::height(format!("the block in slot {slot}"), slot)
        };
        let ask = |member: Member<R>| async move { member.rpc.block(slot, BlockDetail::Links).await };
        self.group.request(&need, ask).await
    }
}

/// Who says that the slot was skipped, if anybody does and nobody holds its block back.
fn skip_claim(error: &FetchError) -> Option<&str> {
    let held_back = |a: &Attempt| matches!(a.error, FetchError::UnsupportedVersion { .. });
    match error {
        FetchError::SlotSkipped { endpoint, .. } => Some(endpoint),
        FetchError::Exhausted { attempts, .. } if !attempts.iter().any(held_back) => {
            attempts.iter().find_map(|a| skip_claim(&a.error))
        }
        _ => None,
    }
}

fn nobody_keeps_it(error: &FetchError) -> bool {
    match error {
        FetchError::Pruned { .. } | FetchError::WrongChain { .. } | FetchError::Unfit { .. } => true,
        FetchError::Exhausted { attempts, .. } => attempts.iter().all(|a| nobody_keeps_it(&a.error)),
        _ => false,
    }
}
