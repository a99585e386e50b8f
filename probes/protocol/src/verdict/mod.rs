//! Two verdicts: *identity*, from what hardly varies, and *performance*, from sustained speed. Only identity ever says
//! that a GPU is not what it claims, and only when two independent invariants say so.

//!
//! [`judge`] is pure: the same table, inventory, claim and measurements give the same verdict anywhere. Its bands, each
//! with its source, are in [`bands`].

pub mod bands;
mod evidence;
mod identity;
mod judge;
pub mod limits;
mod performance;
mod states;

pub use evidence::{Group, group};
pub use judge::judge;

use serde::{Deserialize, Serialize};

/// Quantity of the hardware that does not depend on clock, heat or load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Invariant {
    /// Multiprocessors of the census.
    Multiprocessors,
    /// FLOP per multiprocessor and cycle of the 16-bit product: the nearest of 512, 1024, 2048, 4096, 8192.
    TensorRate,
    /// Memory that was filled and read back.
    Memory,
    /// Memory bandwidth against the model's peak.
    Bandwidth,
    /// fp64 over fp32 from registers.
    DoubleRatio,
    /// fp32 FLOP per multiprocessor and cycle (crippled on mining cards).
    SingleRate,
    /// Size of the L2 cache by its knee.
    SecondLevelCache,
    /// Architecture whose code the GPU accepts.
    Code,
}

/// One invariant beside what the claimed model has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Which.
    pub invariant: Invariant,
    /// Measured, as text with its unit.
    pub measured: String,
    /// Of the claimed model, with its band.
    pub expected: String,
    /// Whether it lies in the band.
    pub fits: bool,
    /// Whether it may count against the claim: not when sharing, slicing or a missing kernel explains it.
    pub counts: bool,
    /// Why it does not count, if so.
    pub note: Option<String>,
}

/// Whether this is the claimed model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityResult {
    /// Every invariant that counts fits.
    Match,
    /// At least two independent invariants do not fit.
    Mismatch,
    /// Too few were measured, one alone does not fit, or no model was claimed that the table knows.
    Indeterminate,
}

/// The first verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The conclusion.
    pub result: IdentityResult,
    /// Key of the claimed model; `None` when the table has no such model.
    pub claimed: Option<String>,
    /// Key of the model that the invariants fit best; differs from the claim on a mismatch.
    pub best_fit: Option<String>,
    /// Other models that the measurements cannot tell from it (form factors, twins).
    pub also_fits: Vec<String>,
    /// What was compared.
    pub evidence: Vec<Evidence>,
}

/// A named condition that explains figures below those of a whole, free GPU. Conditions accuse nobody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// A slice of a partitioned GPU.
    Mig {
        /// Profile by its share of multiprocessors, such as `3g`, where it is known.
        profile: Option<String>,
        /// Why it is thought so.
        reason: String,
    },
    /// Others get time on this GPU.
    TimeSliced {
        /// Share of the time that was taken, 0 to 1.
        share: f64,
        /// Longest gap, ms.
        longest_gap_ms: f64,
    },
    /// Processes of others held memory or ran at the start.
    Busy {
        /// Their number, where NVML says.
        processes: Option<u32>,
        /// Free memory over total.
        free_share: f64,
    },
    /// The operator set a power limit below the board's default.
    PowerCapped {
        /// Limit in force, W.
        enforced_w: f64,
        /// The board's default, W.
        default_w: f64,
    },
    /// Heat or hardware protection lowered the clock during the sustained run.
    Throttled {
        /// Share of the samples with such a reason, 0 to 1.
        share: f64,
        /// Names of the reasons.
        reasons: Vec<String>,
        /// Last third over first third of the speed.
        last_over_first: f64,
    },
    /// Less memory could be filled and read back than the model has, or it did not keep what was written.
    MemoryShort {
        /// Read back as written, bytes.
        verified_bytes: u64,
        /// Of the claimed model, bytes.
        expected_bytes: u64,
        /// Words that were not what had been written.
        mismatched_words: u64,
    },
    /// Exact products were wrong.
    WrongResults {
        /// Kernels whose result was wrong.
        kernels: Vec<String>,
    },
    /// Device clock and host clock disagree.
    ClockDisagrees {
        /// Host over device time, or NVML over kernel clock.
        ratio: f64,
        /// Which clocks.
        between: String,
    },
    /// Launches take as long as if they were forwarded to another machine.
    SlowLaunch {
        /// Median round trip, µs.
        round_trip_us: f64,
    },
    /// The PCIe link has fewer lanes or a lower generation than GPU and model allow.
    NarrowLink {
        /// Measured or reported, for a reader.
        detail: String,
    },
}

/// Grade: measured over reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Grade {
    /// 0.92 and more.
    A,
    /// 0.85 and more.
    B,
    /// 0.75 and more.
    C,
    /// 0.60 and more.
    D,
    /// Below.
    F,
}

/// One graded figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graded {
    /// Measured.
    pub measured: f64,
    /// Reference of the model.
    pub reference: f64,
    /// Unit of both.
    pub unit: crate::samples::Unit,
    /// `measured / reference`.
    pub ratio: f64,
    /// By the ratio.
    pub grade: Grade,
    /// Whether the reference has no measured source yet.
    pub provisional: bool,
}

/// The second verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "performance", rename_all = "snake_case")]
pub enum Performance {
    /// Both figures are there.
    Graded {
        /// Sustained 16-bit product.
        compute: Graded,
        /// Reading the memory.
        memory: Graded,
        /// The lower of both.
        grade: Grade,
    },
    /// No kernel of ours, no reference, or no sample. Never a fail.
    NotMeasured {
        /// Why.
        reason: String,
        /// What could be graded nevertheless.
        memory: Option<Graded>,
    },
}

/// The conclusion in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Identity matches, results are right, compute and memory are B or better.
    Verified,
    /// Identity matches and results are right; a grade is C or lower, or performance was not measured.
    VerifiedDegraded,
    /// A slice, a shared or a busy GPU: what was measured is right for that, and is not a whole GPU.
    Partial,
    /// Nothing contradicts the claim, too little supports it.
    Inconclusive,
    /// Two independent invariants contradict the claim.
    NotTheClaimedModel,
    /// Exact products were wrong or memory did not keep what was written.
    Faulty,
}

/// What follows from the measurements of one GPU.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// In one word.
    pub conclusion: Conclusion,
    /// Is it the model?
    pub identity: Identity,
    /// How fast is it?
    pub performance: Performance,
    /// What explains the figures.
    pub states: Vec<State>,
}
