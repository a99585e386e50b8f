//! The raw archive: what a chain served, byte for byte, so that every row can be derived again.
//!
//! One file per range: a line per key (a height, a signature), zstd, named with the SHA-256 of the file.
//! Files are written whole or not at all, and never changed. A file whose content does not match its hash is
//! an error, never data.

mod error;
mod line;
mod reader;

pub use error::ArchiveError;
pub use line::{ArchiveKey, ArchiveLine};
pub use reader::ArchiveReader;

use crate::crash::CrashPoints;
use crate::state_db::{ArchivedFile, Span};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Level of zstd: the fastest that still shrinks JSON of blocks about tenfold.
const ZSTD_LEVEL: i32 = 3;
/// Largest file that is written or read: a range that is larger must be cut.
pub const MAX_FILE_BYTES: u64 = 1 << 30;

/// A stored blob, such as a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlobRef {
    /// Path within the archive.
    pub path: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Length of the file.
    pub bytes: u64,
}

/// The lines of a range as they will be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedRange {
    span: Span,
    content: Vec<u8>,
}

impl EncodedRange {
    /// Compresses the lines. Only the compressed form is held in memory; blocks the thread while it computes.
    pub fn new(span: Span, lines: impl IntoIterator<Item = ArchiveLine>) -> Result<Self, ArchiveError> {
        let content = compress(lines, || format!("range {span}"))?;
        Ok(Self { span, content })
    }
}

/// Lines that belong to no range, as they will be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedLines {
    name: String,
    content: Vec<u8>,
}

impl EncodedLines {
    /// Compresses the lines of the document `name` (letters, digits, `.`, `_` and `-`) as [`EncodedRange::new`] does.
    pub fn new(name: &str, lines: impl IntoIterator<Item = ArchiveLine>) -> Result<Self, ArchiveError> {
        let content = compress(lines, || name.to_owned())?;
        let name = name.to_owned();
        Ok(Self { name, content })
    }
}

/// The lines as one file; `what` names it where it is too large.
fn compress(lines: impl IntoIterator<Item = ArchiveLine>, what: impl Fn() -> String) -> Result<Vec<u8>, ArchiveError> {
    let mut file = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL).map_err(ArchiveError::Compress)?;
    let mut bytes = Vec::new();
    for line in lines {
        bytes.clear();
        line.write_to(&mut bytes)?;
        file.write_all(&bytes).map_err(ArchiveError::Compress)?;
        if file.get_ref().len() as u64 > MAX_FILE_BYTES {
            return Err(ArchiveError::TooLarge { what: what() });
        }
    }
    file.finish().map_err(ArchiveError::Compress)
}

/// The archive in a folder or in an object store. Clones share it.
#[derive(Clone, Debug)]
pub struct Archive {
    store: Arc<dyn ObjectStore>,
    crash: CrashPoints,
}

impl Archive {
    /// The archive in a local folder, which is created if needed.
    pub fn open_folder(folder: &Path) -> Result<Self, ArchiveError> {
        std::fs::create_dir_all(folder).map_err(|source| ArchiveError::Folder {
            folder: folder.to_owned(),
            source,
        })?;
        let store = LocalFileSystem::new_with_prefix(folder)?
            .with_fsync(true)
            .with_automatic_cleanup(false);
        Ok(Self::new(Arc::new(store)))
    }

    /// The archive in any object store.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self {
            store,
            crash: CrashPoints::none(),
        }
    }

    /// The same with crash points, for tests.
    pub fn with_crash_points(mut self, crash: CrashPoints) -> Self {
        self.crash = crash;
        self
    }

    /// Stores the lines of one range, in the order given; the same lines give the same file.
    ///
    /// [`EncodedRange::new`] and [`Archive::put_encoded`] in one.
    pub async fn put_range<L>(&self, network: &str, span: Span, lines: L) -> Result<ArchivedFile, ArchiveError>
    where
        L: IntoIterator<Item = ArchiveLine>,
    {
        let encoded = EncodedRange::new(span, lines)?;
        self.put_encoded(network, encoded).await
    }

    /// Stores a range that was encoded elsewhere, such as on a thread for computations.
    pub async fn put_encoded(&self, network: &str, range: EncodedRange) -> Result<ArchivedFile, ArchiveError> {
        let EncodedRange { span, content } = range;
        let sha256 = hex::encode(Sha256::digest(&content));
        let path = range_path(network, span, &sha256);
        let bytes = content.len() as u64;
        self.put(&path, content).await?;
        self.crash.pass("after-archive");
        Ok(ArchivedFile {
            span,
            path,
            sha256,
            bytes,
        })
    }

    /// Opens the lines of a range, after checking the file against its hash.
    pub async fn get_range(&self, file: &ArchivedFile) -> Result<ArchiveReader, ArchiveError> {
        let content = self.get(&file.path, &file.sha256).await?;
        ArchiveReader::new(file.path.clone(), content)
    }

    /// Files of a network by height, as their names say; their content is not read.
    pub async fn list(&self, network: &str) -> Result<Vec<ArchivedFile>, ArchiveError> {
        let prefix = ObjectPath::from(format!("{network}/{RANGES}"));
        let mut files: Vec<ArchivedFile> = self
            .store
            .list(Some(&prefix))
            .try_filter_map(|meta| std::future::ready(Ok(parse_range_path(meta.location.as_ref(), meta.size))))
            .try_collect()
            .await?;
        files.sort_by(|a, b| (a.span, &a.sha256).cmp(&(b.span, &b.sha256)));
        Ok(files)
    }

    /// Reads a file to its end: the hash, the compression, every line. Returns the number of lines.
    pub async fn verify(&self, file: &ArchivedFile) -> Result<u64, ArchiveError> {
        let mut lines = 0;
        for line in self.get_range(file).await? {
            line?;
            lines += 1;
        }
        Ok(lines)
    }

    /// Stores a named blob, compressed; the name may hold letters, digits, `.`, `_` and `-`.
    pub async fn put_blob(&self, network: &str, name: &str, content: &[u8]) -> Result<BlobRef, ArchiveError> {
        let file = zstd::encode_all(content, ZSTD_LEVEL).map_err(ArchiveError::Compress)?;
        let sha256 = hex::encode(Sha256::digest(&file));
        let path = format!("{network}/{BLOBS}/{name}-{sha256}.zst");
        let bytes = file.len() as u64;
        self.put(&path, file).await?;
        Ok(BlobRef { path, sha256, bytes })
    }

    /// The content of a blob, after checking it against its hash.
    pub async fn get_blob(&self, blob: &BlobRef) -> Result<Vec<u8>, ArchiveError> {
        let content = self.get(&blob.path, &blob.sha256).await?;
        zstd::decode_all(content.as_ref()).map_err(|source| ArchiveError::Corrupt {
            path: blob.path.clone(),
            reason: source.to_string(),
        })
    }

    /// Stores a document of many lines; it is read a line at a time.
    pub async fn put_lines(&self, network: &str, lines: EncodedLines) -> Result<BlobRef, ArchiveError> {
        let EncodedLines { name, content } = lines;
        let sha256 = hex::encode(Sha256::digest(&content));
        let path = format!("{network}/{BLOBS}/{name}-{sha256}{RANGE_SUFFIX}");
        let bytes = content.len() as u64;
        self.put(&path, content).await?;
        Ok(BlobRef { path, sha256, bytes })
    }

    /// Opens a document of many lines, after checking the file against its hash.
    pub async fn get_lines(&self, blob: &BlobRef) -> Result<ArchiveReader, ArchiveError> {
        let content = self.get(&blob.path, &blob.sha256).await?;
        ArchiveReader::new(blob.path.clone(), content)
    }

    /// Deletes a file that nothing refers to any more. A file that is not there is no error.
    pub async fn delete(&self, path: &str) -> Result<(), ArchiveError> {
        match self.store.delete(&ObjectPath::from(path)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn put(&self, path: &str, content: Vec<u8>) -> Result<(), ArchiveError> {
        // The local store writes a temporary file and renames it, a remote one makes it visible when complete.
        self.store
            .put(&ObjectPath::from(path), PutPayload::from(content))
            .await?;
        Ok(())
    }

    async fn get(&self, path: &str, sha256: &str) -> Result<Bytes, ArchiveError> {
        let result = match self.store.get(&ObjectPath::from(path)).await {
            Err(object_store::Error::NotFound { .. }) => return Err(ArchiveError::Missing { path: path.to_owned() }),
            result => result?,
        };
        if result.meta.size > MAX_FILE_BYTES {
            return Err(ArchiveError::TooLarge { what: path.to_owned() });
        }
        let content = result.bytes().await?;
        let found = hex::encode(Sha256::digest(&content));
        if found == sha256 {
            return Ok(content);
        }
        Err(ArchiveError::HashMismatch {
            path: path.to_owned(),
            expected: sha256.to_owned(),
            found,
        })
    }
}

const RANGES: &str = "ranges";
const BLOBS: &str = "blobs";
const RANGE_SUFFIX: &str = ".jsonl.zst";

fn range_path(network: &str, span: Span, sha256: &str) -> String {
    format!(
        "{network}/{RANGES}/{:012}-{:012}-{sha256}{RANGE_SUFFIX}",
        span.from, span.to
    )
}

fn parse_range_path(path: &str, bytes: u64) -> Option<ArchivedFile> {
    let name = path.rsplit('/').next()?.strip_suffix(RANGE_SUFFIX)?;
    let mut parts = name.splitn(3, '-');
    let span = Span::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?)?;
    let sha256 = parts.next().filter(|hash| hash.len() == 64)?.to_owned();
    Some(ArchivedFile {
        span,
        path: path.to_owned(),
        sha256,
        bytes,
    })
}

#[cfg(test)]
mod tests;
