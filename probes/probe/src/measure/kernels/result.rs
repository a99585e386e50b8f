//! What the check of a kernel came to.

use serde::{Deserialize, Serialize};

/// The GPU and the kernels that will be checked on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Planned {
    /// Name as the driver gives it.
    pub(crate) gpu: String,
    /// Compute capability that the driver reports.
    pub(crate) capability: (i32, i32),
    /// Multiprocessors that the driver reports.
    pub(crate) multiprocessors: u32,
    /// CUDA version of the driver, 1000 × major + 10 × minor.
    pub(crate) cuda_version: i32,
    /// Loaded images by file name: products and all others.
    pub(crate) images: Vec<String>,
    /// Time from the start of the driver to loaded images, s; intermediate code is compiled in it.
    pub(crate) opening_seconds: f64,
    /// Names of the kernels.
    pub(crate) kernels: Vec<String>,
}

/// One kernel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Checked {
    /// Name.
    pub(crate) kernel: String,
    /// File of the image that holds it.
    pub(crate) image: String,
    /// How the check ended.
    pub(crate) ending: Ending,
    /// Time that it took, the model on the CPU included, s.
    pub(crate) seconds: f64,
}

/// See [`Checked`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ended", rename_all = "snake_case")]
pub(crate) enum Ending {
    /// The kernel ran; at least one case.
    Ran {
        /// Each with its difference, if there is one.
        cases: Vec<Case>,
    },
    /// The driver did not get through it.
    Failed {
        /// The driver's words.
        error: String,
    },
    /// It was not tried.
    NotRun {
        /// Why.
        reason: String,
    },
}

/// One shape of one kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Case {
    /// Shape and data, such as `512x512x640 integers`.
    pub(crate) shape: String,
    /// The first difference from the model; `None`: none.
    pub(crate) difference: Option<String>,
}

impl Case {
    /// A case and what it came to.
    pub(super) fn new(shape: impl Into<String>, difference: Option<String>) -> Self {
        Self {
            shape: shape.into(),
            difference,
        }
    }
}
