#![allow(clippy::unwrap_used)]

mod recordings;
