//! A decoded Akash block: what all three eras have in common.
//!
//! The decoder turns RPC bodies of any era into these types; the fact derivation and the state
//! machine read nothing else. Everything is owned and plain, so that a block can cross threads.
//!
//! *Encoding* is decided by the shape of the response, *behaviour* by [`Version`] at a height.

mod block;
mod event;
mod ids;
mod message;
mod resources;
mod version;

pub use block::{Block, Header, Tx};
pub use event::{Event, EventBody, Phase};
pub use ids::{BidId, Coin, DecCoin, DeploymentId, GroupId, LeaseId, OrderId};
pub use message::{Deposit, DepositSource, Message, MessageBody};
pub use resources::{Attribute, Endpoint, GroupSpec, ProviderRecord, ResourceOffer, ResourceUnit, Resources, Storage};
pub use version::Version;
