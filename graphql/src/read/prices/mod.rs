//! Prices: what sources said, and what clouds ask.

mod discount;
mod reference;
mod tick;

pub(crate) use discount::{DiscountFilter, DiscountRow};
pub(crate) use reference::{ReferenceFilter, ReferencePlace, ReferenceRow};
pub(crate) use tick::{PriceAtRow, TickFilter, TickPlace, TickRow};
