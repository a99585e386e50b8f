//! What a probe says and how it is judged: report, GPU models, statistics, exact-work checks, verdicts. No I/O.
//!
//! The report is the contract between the three: measurement fills it, [`verdict`] judges it, and anyone can judge
//! the same report again with the same table of models and must get the same verdict.

pub mod derived;
pub mod models;
pub mod report;
pub mod samples;
#[cfg(any(test, feature = "simulate"))]
pub mod simulate;
pub mod verdict;
pub mod work;
