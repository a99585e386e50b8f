//! Where in a document something stands.

use super::ListError;

/// An entry of a document.
pub(super) struct Place<'a> {
    /// The whole document.
    pub(super) document: &'a str,
    /// What is there: a part of the document.
    pub(super) entry: &'a str,
    /// Its path.
    pub(super) path: String,
}

impl Place<'_> {
    /// Something is wrong with a field of the entry.
    pub(super) fn wrong(&self, field: &str, why: impl Into<String>) -> ListError {
        ListError::Row {
            line: self.line(),
            field: format!("{}.{field}", self.path),
            why: why.into(),
        }
    }

    /// The line in which the entry begins.
    fn line(&self) -> usize {
        let offset = (self.entry.as_ptr() as usize).saturating_sub(self.document.as_ptr() as usize);
        let before = self.document.as_bytes().get(..offset).unwrap_or_default();
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }
}
