//! The pipeline: what joins a source, the archive, the decoder, the state machine and the committer.

mod derive;
mod links;
mod metrics;
mod plan;
mod quarantine;
mod ranges;
mod status;

pub use derive::decode_range;
pub use links::{Edge, Links, check_range};
pub use metrics::{Metrics, Step};
pub use plan::{Cut, MAX_RANGE_HEIGHTS, Plan, RANGE_HEIGHTS};
pub use quarantine::{Fault, Quarantined, Rejected};
pub use ranges::{HeightRange, RangeSet};
pub use status::{EndpointStatus, NetworkStatus, StageStatus};
