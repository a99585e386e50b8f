//! A report for a reader.

mod text;

pub(crate) use text::{plain, plain_lines};
