//! How much of a provider's answer is taken. Far above what any provider has, far below what would hurt.

use super::InventoryError;

/// Nodes of one provider.
pub const MAX_NODES: usize = 1_024;
/// Cards of one node.
pub const MAX_CARDS_PER_NODE: usize = 1_024;
/// Kinds of cards of one provider: a kind is a few texts, so these weigh more than cards.
pub const MAX_KINDS: usize = 64;
/// Kinds of cards, and classes of storage, of all nodes together.
pub const MAX_NODE_ENTRIES: usize = 4_096;
/// GPUs that one amount may speak of.
pub const MAX_GPUS: i64 = 65_536;
/// Classes of storage, of one node or one provider.
pub const MAX_CLASSES: usize = 64;
/// Host names and errors of one provider.
pub const MAX_TEXTS: usize = 64;
/// Reservations that a REST body lists.
pub const MAX_RESERVATIONS: usize = 4_096;
/// Longest name that is kept, in characters.
pub(super) const NAME_CHARS: usize = 128;
/// Longest error text that is kept, in characters.
pub(super) const ERROR_CHARS: usize = 256;

/// Refuses what there is too much of.
pub(super) const fn at_most(what: &'static str, got: usize, limit: usize) -> Result<(), InventoryError> {
    if got > limit {
        return Err(InventoryError::TooMany { what, got, limit });
    }
    Ok(())
}
