//! What the tables read of a block: its meaningful events with their places and messages.

use crate::chain::akash::model::{Block, Event, EventBody, Message, MessageBody, Phase, Tx};
use gridproof_store::batch::Identity;

/// An event with its transaction, if it is in one.
#[derive(Clone, Copy)]
pub(super) struct Located<'b> {
    pub(super) block: &'b Block,
    pub(super) event: &'b Event,
    pub(super) tx: Option<&'b Tx>,
}

/// Events of the block and of its successful transactions: begin of the block, transactions, end.
pub(super) fn events(block: &Block) -> impl Iterator<Item = Located<'_>> {
    let outside = move |phase: Phase| {
        block
            .events
            .iter()
            .filter(move |event| event.phase == phase)
            .map(move |event| Located { block, event, tx: None })
    };
    let inside = block.txs.iter().filter(|tx| tx.succeeded()).flat_map(move |tx| {
        tx.events.iter().map(move |event| Located {
            block,
            event,
            tx: Some(tx),
        })
    });
    outside(Phase::Begin).chain(inside).chain(outside(Phase::End))
}

impl<'b> Located<'b> {
    pub(super) fn body(&self) -> &'b EventBody {
        &self.event.body
    }

    pub(super) fn identity(&self) -> Identity {
        let (tx_index, msg_index) = match self.event.phase {
            Phase::Begin => (Identity::BEGIN_BLOCK, -1),
            Phase::End => (Identity::END_BLOCK, -1),
            Phase::Tx { tx_index, msg_index } => (index(tx_index), msg_index.map_or(-1, index)),
        };
        Identity {
            tx_index,
            msg_index,
            event_index: index(self.event.event_index),
            ..at(self.block)
        }
    }

    /// Messages that may have caused the event: the one it names, else all of its outermost message.
    pub(super) fn messages(&self) -> impl Iterator<Item = &'b Message> {
        let msg_index = match self.event.phase {
            Phase::Tx { msg_index, .. } => msg_index,
            _ => None,
        };
        let inner = self.event.inner_index;
        let all = self.tx.map_or(&[][..], |tx| tx.messages.as_slice());
        all.iter().filter(move |message| {
            Some(message.msg_index) == msg_index && inner.is_none_or(|inner| inner == message.inner_index)
        })
    }

    /// First fitting message that may have caused the event.
    pub(super) fn message<T>(&self, fits: impl Fn(&'b MessageBody) -> Option<T>) -> Option<T> {
        self.messages().find_map(|message| fits(&message.body))
    }
}

/// Identity of the block itself.
pub(super) fn at(block: &Block) -> Identity {
    Identity {
        height: block.header.height,
        block_time_ms: millis(block.header.time),
        tx_index: -1,
        msg_index: -1,
        event_index: -1,
    }
}

/// Milliseconds since the Unix epoch.
pub(super) fn millis(time: time::OffsetDateTime) -> i64 {
    // A `time` instant lies within ±10^13 ms of the epoch.
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(0)
}

/// An index as the tables hold it. No block has 2^31 of anything.
pub(super) fn index(index: u32) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}

/// An amount as the tables hold it; the decoder refuses negative ones.
pub(super) fn unsigned(amount: i128) -> u128 {
    u128::try_from(amount).unwrap_or(0)
}
