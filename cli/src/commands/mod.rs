//! What each command does.

pub(crate) mod backfill;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod discover;
pub(crate) mod doctor;
pub(crate) mod engine;
mod from_state;
pub(crate) mod import;
pub(crate) mod index;
pub(crate) mod migrate;
pub(crate) mod plan;
pub(crate) mod reindex;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod up;
pub(crate) mod verify;
pub(crate) mod watch;
