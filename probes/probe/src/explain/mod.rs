//! A report for a reader.
