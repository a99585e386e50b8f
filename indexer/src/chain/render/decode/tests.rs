//! Bodies: recorded ones in both encodings, versions, and everything hostile.
#![allow(clippy::unwrap_used)]

mod bodies;
mod hostile;
mod mutations;
mod recorded;
