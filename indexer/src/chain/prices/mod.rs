//! What price sources say, read and judged. Pure.
//!
//! A [`Poll`] is everything that was asked and answered in one round, as served, with the limits that were in force and
//! the last good prices before it. [`Poll::ticks`] derives one [`Tick`] per asset and instrument: a poll gives the same
//! ticks whenever it is read. A price that is stale, zero, negative, absurd or contradicted is kept as it was said, with
//! the verdict and its reason beside it. No price is ever corrected, averaged with another or put in another's place.

mod coingecko;
mod instruments;
mod judge;
mod osmosis;
mod poll;
mod pyth;
pub mod reference;
mod row;
mod series;
#[cfg(test)]
mod tests;
mod tick;

pub use coingecko::Coin;
pub use instruments::Instruments;
pub use judge::{Band, Known, Rules};
pub use osmosis::{Leg, Route};
pub use poll::{Answer, Asked, Poll, PollError, Question};
pub(crate) use pyth::{AccountBody, AccountsBody};
pub use pyth::{PythFeed, Stack};
pub use row::PriceTickRow;
pub use series::PRICES;
pub use tick::{Source, Status, Tick};
