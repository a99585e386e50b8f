//! Bank transfers into and out of the escrow module account within one transaction.
//!
//! The chain executes messages in order and emits their events in order, so the transfers of a
//! transaction are consumed as a sequence. They tell what no message says: the sources of a deposit,
//! and whether a grant was gone when 0.38 settled an account.

use super::halt::Halt;
use crate::chain::akash::model::{Coin, Event, EventBody, Phase};
use std::collections::VecDeque;

/// The escrow module account.
pub(crate) const ESCROW: &str = "akash14pphss726thpwws3yc458hggufynm9x77l4l2u";
/// The distribution module account: community pool and staking rewards.
pub(crate) const DISTRIBUTION: &str = "akash1jv65s3grqf6v6jl3dp4t6c9t9rk99cd82yfms9";
/// The BME module account.
pub(crate) const BME: &str = "akash1klpwzlvfnw7j8gtdd0cuu9vaw9ermsmd37sg55";

/// Coins that somebody paid into the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inbound {
    /// Who paid.
    pub(crate) sender: String,
    /// How much.
    pub(crate) coin: Coin,
}

/// The message that an event belongs to, outer and unfolded, as far as the chain says.
type Owner = (Option<u32>, Option<u32>);

/// The transfers of one transaction that are still to be explained.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    inbound: VecDeque<(Owner, Inbound)>,
    outbound: Vec<(String, Vec<Coin>)>,
    sent: usize,
}

impl Flow {
    /// The transfers among these events, in order.
    pub(crate) fn of(events: &[Event]) -> Self {
        let mut flow = Self::default();
        for event in events {
            let EventBody::Transfer {
                recipient,
                sender,
                amount,
            } = &event.body
            else {
                continue;
            };
            if recipient == ESCROW {
                let owner = (message_of(event.phase), event.inner_index);
                let coins = amount.iter().cloned();
                let paid = coins.map(|coin| Inbound {
                    sender: sender.clone(),
                    coin,
                });
                flow.inbound.extend(paid.map(|paid| (owner, paid)));
            } else if sender == ESCROW {
                flow.outbound.push((recipient.clone(), amount.clone()));
            }
        }
        flow
    }

    /// Begins a message: what earlier ones paid into the module beside deposits is dropped, such as a plain
    /// bank transfer to its address.
    pub(crate) fn begin(&mut self, msg_index: u32, inner_index: u32) {
        let earlier = |(outer, inner): &Owner| match outer {
            Some(outer) if *outer == msg_index => inner.is_some_and(|inner| inner < inner_index),
            Some(outer) => *outer < msg_index,
            None => false,
        };
        while self.inbound.front().is_some_and(|(owner, _)| earlier(owner)) {
            self.inbound.pop_front();
        }
    }

    /// Takes the transfers that pay for a deposit, until they reach its amount.
    pub(crate) fn take_deposit(&mut self, deposit: &Coin) -> Result<Vec<Inbound>, Halt> {
        if deposit.amount < 0 {
            return Err(Halt::Impossible("a deposit below zero".into()));
        }
        let (mut taken, mut rest) = (Vec::new(), deposit.amount);
        while rest > 0 {
            let next = self
                .inbound
                .pop_front()
                .map(|(_, next)| next)
                .filter(|next| next.coin.denom == deposit.denom && next.coin.amount > 0);
            let Some(next) = next.filter(|next| next.coin.amount <= rest) else {
                let what = format!(
                    "the transfers do not pay the deposit of {}{}",
                    deposit.amount, deposit.denom
                );
                return Err(Halt::Impossible(what));
            };
            rest -= next.coin.amount;
            taken.push(next);
        }
        Ok(taken)
    }

    /// Counts a transfer that the machine has computed.
    pub(crate) fn count_sent(&mut self) {
        self.sent += 1;
    }

    /// Whether the next transfer out of the module is this one.
    pub(crate) fn next_is(&self, recipient: &str, denom: &str, amount: i128) -> bool {
        let next = self.outbound.get(self.sent);
        next.is_some_and(|(to, coins)| {
            let same = |coin: &Coin| coin.denom == denom && coin.amount == amount;
            to == recipient
                && if amount == 0 {
                    coins.is_empty()
                } else {
                    coins.iter().any(same)
                }
        })
    }
}

fn message_of(phase: Phase) -> Option<u32> {
    match phase {
        Phase::Tx { msg_index, .. } => msg_index,
        Phase::Begin | Phase::End => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn paid(msg_index: Option<u32>, inner_index: Option<u32>, sender: &str, amount: i128) -> Event {
        let coin = Coin {
            denom: "uakt".to_owned(),
            amount,
        };
        Event {
            event_index: 0,
            phase: Phase::Tx { tx_index: 0, msg_index },
            inner_index,
            body: EventBody::Transfer {
                recipient: ESCROW.to_owned(),
                sender: sender.to_owned(),
                amount: vec![coin],
            },
        }
    }

    fn deposit(amount: i128) -> Coin {
        Coin {
            denom: "uakt".to_owned(),
            amount,
        }
    }

    #[test]
    fn a_plain_transfer_of_an_earlier_message_pays_no_deposit() {
        let events = [
            paid(Some(0), Some(0), "a", 9),
            paid(Some(1), Some(0), "b", 9),
            paid(Some(1), Some(1), "c", 5),
        ];
        let mut flow = Flow::of(&events);
        flow.begin(1, 1);
        let taken = flow.take_deposit(&deposit(5)).unwrap();
        assert_eq!(taken[0].sender, "c");
    }

    #[test]
    fn a_deposit_of_several_sources_takes_their_transfers_in_order() {
        let mut flow = Flow::of(&[
            paid(None, None, "a", 3),
            paid(None, None, "b", 4),
            paid(None, None, "c", 1),
        ]);
        flow.begin(2, 0);
        let taken = flow.take_deposit(&deposit(7)).unwrap();
        assert_eq!(
            taken.iter().map(|paid| paid.sender.as_str()).collect::<Vec<_>>(),
            ["a", "b"]
        );
        assert!(flow.take_deposit(&deposit(2)).is_err(), "one unit is left");
    }
}
