//! A folder `state/<height>` of a recording: the chain's own REST answers.

mod escrow;
mod files;
mod ledger;
mod market;

use super::error::TruthError;
use super::snapshot::Snapshot;
pub(in crate::audit) use files::Folder;
use std::path::Path;

impl Snapshot {
    /// Reads one height's folder, of any era. A file that is absent is not compared; one that is not
    /// JSON or not shaped as the chain answers is an error; a folder without a compared file too.
    pub fn from_truth_dir(dir: &Path) -> Result<Self, TruthError> {
        let folder = Folder::open(dir)?;
        let mut snapshot = Self::default();
        market::read(&folder, &mut snapshot)?;
        escrow::read(&folder, &mut snapshot)?;
        ledger::read(&folder, &mut snapshot)?;
        if snapshot.sections().is_empty() {
            return Err(TruthError::Empty { path: dir.to_owned() });
        }
        Ok(snapshot)
    }
}
