//! The pages that came so far, and what they add up to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::asker::Place;
use super::error::QueryDefect;
use crate::source::{Encoding, RawAnswer, StateProgress};

/// Called after each page.
pub(super) type Progress<'a> = &'a (dyn Fn(&StateProgress) + Send + Sync);

/// Collects pages in whatever order they come.
pub(super) struct Tally<'a> {
    inner: Mutex<Inner>,
    progress: Progress<'a>,
    limit: u64,
}

#[derive(Default)]
struct Inner {
    answers: Vec<RawAnswer>,
    progress: StateProgress,
}

impl<'a> Tally<'a> {
    pub(super) fn new(limit: u64, progress: Progress<'a>) -> Self {
        Self {
            inner: Mutex::default(),
            progress,
            limit,
        }
    }

    /// The lock is held for a few assignments; a panic in between leaves whole values.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a page.
    pub(super) fn page(&self, place: Place<'_>, encoding: Encoding, body: Bytes) -> Result<(), QueryDefect> {
        let told = {
            let mut inner = self.inner();
            let bytes = inner.progress.bytes + body.len() as u64;
            if bytes > self.limit {
                return Err(QueryDefect::TooLarge { limit: self.limit });
            }
            inner.progress.bytes = bytes;
            inner.progress.pages += 1;
            inner.progress.method = place.method.name.to_owned();
            inner.answers.push(RawAnswer {
                method: place.method.name.to_owned(),
                subject: place.subject.to_owned(),
                page: place.page,
                encoding,
                body,
            });
            inner.progress.clone()
        };
        (self.progress)(&told);
        Ok(())
    }

    /// More methods will be asked.
    pub(super) fn expects(&self, methods: u32) {
        self.inner().progress.methods += methods;
    }

    /// A method is done, or left out.
    pub(super) fn done(&self) {
        self.inner().progress.methods_done += 1;
    }

    /// The bodies of a method so far.
    pub(super) fn bodies(&self, method: &str) -> Vec<Bytes> {
        let inner = self.inner();
        let of = inner.answers.iter().filter(|answer| answer.method == method);
        of.map(|answer| answer.body.clone()).collect()
    }

    /// All pages, ordered by method, subject and page.
    pub(super) fn finish(self) -> Vec<RawAnswer> {
        let inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut answers = inner.answers;
        answers.sort_unstable_by(|a, b| (&a.method, &a.subject, a.page).cmp(&(&b.method, &b.subject, b.page)));
        answers
    }
}
