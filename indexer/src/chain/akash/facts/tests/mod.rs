#![allow(clippy::unwrap_used)]

mod schema;
mod transfers;
