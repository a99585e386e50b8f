//! Escrow: accounts, payments, and their settlement by the rules of the version in force.

mod types;

pub use types::{Account, AccountId, AccountState, Escrow, FundingSource, Payment, PaymentId, Scope, Source};
