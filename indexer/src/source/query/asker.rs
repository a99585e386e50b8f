//! Questions to one endpoint about one height: paced, tried again where that may help, and checked to be of that height.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::Bytes;
use tokio::time::{Instant, sleep, sleep_until};

use super::call::{Ask, Call, Caller, Served};
use super::config::QueryLimits;
use super::error::{QueryDefect, QueryError};
use super::method::Method;

/// Which page of which query, for errors.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) method: &'a Method,
    pub(super) subject: &'a str,
    pub(super) page: u32,
}

/// One endpoint, asked with manners.
pub(super) struct Asker<'a> {
    pub(super) caller: &'a Caller,
    pub(super) limits: &'a QueryLimits,
    /// When the next request may start.
    next: Mutex<Option<Instant>>,
}

impl<'a> Asker<'a> {
    pub(super) fn new(caller: &'a Caller, limits: &'a QueryLimits) -> Self {
        Self {
            caller,
            limits,
            next: Mutex::new(None),
        }
    }

    pub(super) fn error(&self, place: Place<'_>, defect: QueryDefect) -> QueryError {
        QueryError::Page {
            endpoint: self.caller.name().to_owned(),
            method: place.method.name.to_owned(),
            subject: place.subject.to_owned(),
            page: place.page,
            defect,
        }
    }

    /// Asks for a page of the state at a height; the answer says to be of that height.
    pub(super) async fn ask(&self, place: Place<'_>, height: u64, page: Option<Ask<'_>>) -> Result<Bytes, QueryError> {
        let served = self.tried(place, Some(height), page).await?;
        let defect = match served.height {
            Some(got) if got == height => return Ok(served.body),
            Some(got) => QueryDefect::OtherHeight { expected: height, got },
            None => QueryDefect::NoHeight,
        };
        Err(self.error(place, defect))
    }

    /// Asks for what belongs to no state: a block.
    pub(super) async fn ask_any(&self, place: Place<'_>) -> Result<Bytes, QueryError> {
        Ok(self.tried(place, None, None).await?.body)
    }

    async fn tried(&self, place: Place<'_>, height: Option<u64>, page: Option<Ask<'_>>) -> Result<Served, QueryError> {
        let call = Call {
            method: place.method,
            subject: place.subject,
            height,
            page,
        };
        let mut waits = ExponentialBuilder::default()
            .with_min_delay(self.limits.first_wait)
            .with_max_delay(self.limits.longest_wait)
            .with_jitter()
            .without_max_times()
            .build();
        let mut left = self.limits.tries;
        loop {
            self.paced().await;
            let defect = match self.caller.call(&call, self.limits.request).await {
                Ok(served) => return Ok(served),
                Err(defect) => defect,
            };
            left = left.saturating_sub(1);
            if left == 0 || !defect.may_pass() {
                return Err(self.error(place, defect));
            }
            sleep(self.wait(&defect, waits.next().unwrap_or_default())).await;
        }
    }

    fn wait(&self, defect: &QueryDefect, backoff: Duration) -> Duration {
        match defect {
            QueryDefect::RateLimited {
                retry_after: Some(asked),
            } => backoff.max(*asked).min(self.limits.longest_wait),
            _ => backoff,
        }
    }

    /// Waits for its turn: requests start at least a pace apart, however many lists are walked.
    async fn paced(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = next.unwrap_or_else(Instant::now).max(Instant::now());
            *next = Some(turn + self.limits.pace);
            turn
        };
        sleep_until(turn).await;
    }
}
