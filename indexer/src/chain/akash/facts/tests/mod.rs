#![allow(clippy::unwrap_used)]

mod classes;
mod schema;
mod transfers;
