//! The pipeline: what joins a source, the archive, the decoder, the state machine and the committer.

mod crash;
mod links;
mod plan;
mod quarantine;
mod ranges;
mod status;

pub use crash::{CRASH_ENV, CrashPoint, crash_point};
pub use links::{Edge, Links, check_range};
pub use plan::{Cut, MAX_RANGE_HEIGHTS, Plan, RANGE_HEIGHTS};
pub use quarantine::{Fault, Quarantined, Rejected};
pub use ranges::{HeightRange, RangeSet};
pub use status::{EndpointStatus, NetworkStatus, StageStatus};
