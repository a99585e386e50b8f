//! Bank transfers into and out of the escrow module account within one transaction.
//!
//! The chain executes messages in order and emits their events in order, so the transfers of a
//! transaction are consumed as a sequence. They tell what no message says: the sources of a deposit,
//! and whether a grant was gone when 0.38 settled an account.

use super::halt::Halt;
use crate::chain::akash::model::{Coin, Event, EventBody};
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

/// The transfers of one transaction that are still to be explained.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    inbound: VecDeque<Inbound>,
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
                let coins = amount.iter().cloned();
                flow.inbound.extend(coins.map(|coin| Inbound {
                    sender: sender.clone(),
                    coin,
                }));
            } else if sender == ESCROW {
                flow.outbound.push((recipient.clone(), amount.clone()));
            }
        }
        flow
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
