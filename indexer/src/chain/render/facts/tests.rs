//! Rows against what the recording meant and what its node answered.

mod labels;
