//! What each command does.

pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod engine;
pub(crate) mod index;
pub(crate) mod verify;
