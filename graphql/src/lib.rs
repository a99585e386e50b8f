//! Rows in, API out: the GraphQL schema, its strict HTTP face and the built-in page.
//!
//! Nothing here writes. Every answer is read from committed rows, through the views that the store and this crate
//! define, and says as of which height it holds and whether anything before that height is still missing.

mod http;
mod read;
mod schema;
mod state;
mod web;

pub use http::router;
pub use schema::{metrics_page, sdl};
pub use state::{ApiState, Limits, NetworkDescriptor, Readiness, ReadyCheck};
