//! Blocks and transactions.

use super::{Coin, Event, Message};
use time::OffsetDateTime;

/// Header of a block, from `/blockchain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Chain id as the header says it.
    pub chain_id: String,
    /// Height.
    pub height: u64,
    /// BFT time of the block.
    pub time: OffsetDateTime,
    /// Block hash, upper-case hex as served.
    pub hash: String,
    /// Hash of the block before; empty at the first height.
    pub parent_hash: String,
    /// Transactions in the block.
    pub num_txs: u32,
    /// Proposer's consensus address, hex.
    pub proposer: String,
}

/// A decoded block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Header.
    pub header: Header,
    /// Transactions, failed ones included.
    pub txs: Vec<Tx>,
    /// Events outside transactions (pre-block, begin and end of block), in the order served.
    pub events: Vec<Event>,
}

/// A decoded transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tx {
    /// Index within the block.
    pub index: u32,
    /// Upper-case hex SHA-256 of the raw bytes.
    pub hash: String,
    /// Result code; 0 is success.
    pub code: u32,
    /// Module that the code belongs to; empty on success.
    pub codespace: String,
    /// Gas limit.
    pub gas_wanted: u64,
    /// Gas used.
    pub gas_used: u64,
    /// Fee as declared by the transaction.
    pub fee: Vec<Coin>,
    /// Who paid the fee (`tx.fee_payer` event, else the payer named in the transaction, else empty).
    pub fee_payer: String,
    /// Messages in order of execution, those inside `MsgExec` and multi-message wrappers unfolded.
    pub messages: Vec<Message>,
    /// Events, ante-handler events included.
    pub events: Vec<Event>,
}

impl Tx {
    /// Whether the transaction changed state beyond its fee.
    pub fn succeeded(&self) -> bool {
        self.code == 0
    }
}
