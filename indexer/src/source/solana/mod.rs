//! Solana over its JSON-RPC interface: every finalized transaction that names a followed address.
//!
//! `getSignaturesForAddress` says which there are, `getTransaction` what they are. A node that has forgotten, that lags
//! or that belongs to another cluster answers like one with nothing to tell; most of what is here tells these apart.

mod agave;
mod body;
mod config;
mod counters;
mod fetch;
mod history;
mod listing;
mod member;
mod observe;
mod refusal;
pub mod replay;
mod rpc;
mod sender;
mod slots;
mod source;
mod throttle;
mod token;
mod walk;
pub mod yellowstone;

pub use agave::AgaveRpc;
pub use config::SolanaConfig;
pub use counters::{EndpointLag, RequestCount, SolanaCounters};
pub use observe::{ObservedAccount, TokenObservation};
pub use rpc::{
    Account, Accounts, BlockDetail, BlockLinks, Listed, MAX_ACCOUNTS, MAX_SIGNATURES, MAX_TRANSACTION_VERSION,
    SignaturesQuery, SolanaRpc, Supply,
};
pub use slots::SlotFact;
pub use source::SolanaSource;
pub use throttle::RateLimits;
