//! Escrow: accounts, payments, and their settlement by the rules of the version in force (akash.md 2.10).

mod calls;
mod deposits;
mod payout;
mod settle_v038;
mod settle_v1;
mod settle_v11;
mod store;
mod types;

pub use types::{
    Account, AccountId, AccountState, Escrow, FundingSource, LegacyFunds, Payment, PaymentId, Scope, Source,
};
