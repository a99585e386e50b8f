#![allow(clippy::unwrap_used)]

mod change;
mod counts;
mod hostile;
mod mutations;
mod recordings;
mod samples;
mod shapes;
mod wrappers;
