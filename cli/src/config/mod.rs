//! Configuration: built-in values, `gridproof.toml`, the environment, flags. The later wins.

mod defaults;
mod load;
mod model;
mod origin;
mod prices;
mod suggest;

pub(crate) use load::{ConfigError, Loaded, Overrides, load};
pub(crate) use model::{Bootstrap, Config, Inventory, Network, NetworkKind, Start};
pub(crate) use origin::origins;
pub(crate) use prices::{Coingecko, Feed, Prices};
