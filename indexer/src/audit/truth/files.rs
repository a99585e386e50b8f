//! The files of a folder, read whole and with a bound.

use crate::audit::error::TruthError;
use crate::audit::node::Node;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Longest file that is read: far above any chain's answer, far below the memory of a machine.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// A folder of truth.
pub(in crate::audit) struct Folder {
    path: PathBuf,
}

/// A parsed file.
pub(in crate::audit) struct Document {
    name: String,
    value: Value,
}

impl Folder {
    /// Opens a folder; it must be one.
    pub(in crate::audit) fn open(dir: &Path) -> Result<Self, TruthError> {
        fs::read_dir(dir).map_err(|source| TruthError::Io {
            path: dir.to_owned(),
            source,
        })?;
        Ok(Self { path: dir.to_owned() })
    }

    /// The file `<name>.json`, if it is there.
    pub(in crate::audit) fn document(&self, name: &str) -> Result<Option<Document>, TruthError> {
        let path = self.path.join(format!("{name}.json"));
        let io = |source| TruthError::Io {
            path: path.clone(),
            source,
        };
        let bytes = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io(error)),
        };
        if bytes > MAX_FILE_BYTES {
            return Err(TruthError::TooLong {
                path,
                bytes,
                limit: MAX_FILE_BYTES,
            });
        }
        let text = fs::read(&path).map_err(io)?;
        let value = serde_json::from_slice(&text).map_err(|source| TruthError::Json {
            path: path.clone(),
            source,
        })?;
        Ok(Some(Document {
            name: path.display().to_string(),
            value,
        }))
    }
}

impl Document {
    /// The whole document.
    pub(in crate::audit) fn root(&self) -> Node<'_> {
        Node::root(&self.name, &self.value)
    }

    /// The objects of an answer: a joined list, or one page that says it is the last.
    pub(super) fn objects(&self, field: &str) -> Result<Vec<Node<'_>>, TruthError> {
        let root = self.root();
        if root.value().is_array() {
            return root.items();
        }
        let more = root
            .find("pagination")
            .and_then(|pagination| pagination.find("next_key"));
        if more.is_some() {
            return Err(root.error("only one page of several: join all pages"));
        }
        root.get(field)?.items()
    }
}

/// Puts an object into its table; a key that comes twice is an error.
pub(super) fn insert<T>(
    table: &mut BTreeMap<String, T>,
    key: String,
    object: T,
    at: &Node<'_>,
) -> Result<(), TruthError> {
    match table.insert(key.clone(), object) {
        None => Ok(()),
        Some(_) => Err(at.error(format!("object {key} comes twice"))),
    }
}
