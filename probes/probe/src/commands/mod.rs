//! What each command does.

pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod kernels;
pub(crate) mod models;
pub(crate) mod run;
pub(crate) mod worker;
