//! One status stream, from the first look-up to the refusal that ends it.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use super::client::Asker;
use super::frames::Messages;
use super::guard::Resolve;
use super::pace::Pace;
use super::rest;
use super::rpc::Rpc;
use super::{Refusal, RefusalCode, StatusReport, Via};
use crate::chain::akash::inventory::ProviderStatus;

/// Where a watch stands.
pub(super) enum Watch<R> {
    /// Nothing was dialed yet.
    New(Asker<R>, String),
    /// The stream is open.
    Open(Box<OpenStream>),
    /// The last item was given.
    Over,
}

impl<R: Resolve> Watch<R> {
    /// The next item, and where the watch stands after it.
    pub(super) async fn next(self) -> Option<(Result<StatusReport, Refusal>, Self)> {
        let step = match self {
            Self::New(asker, host_uri) => OpenStream::open(&asker, &host_uri).await.map(|(r, o)| (r, Box::new(o))),
            Self::Open(mut open) => open.next().await.map(|report| (report, open)),
            Self::Over => return None,
        };
        Some(match step {
            Ok((report, open)) => (Ok(report), Self::Open(open)),
            Err(refusal) => (Err(refusal), Self::Over),
        })
    }
}

/// An open stream. Of what was said last only a fingerprint is kept.
pub(super) struct OpenStream {
    rpc: Rpc,
    messages: Messages,
    version: Option<String>,
    heartbeat: std::time::Duration,
    pace: Pace,
    hasher: RandomState,
    last: u64,
    /// When something was given to the caller last.
    given: Instant,
}

impl OpenStream {
    async fn open<R: Resolve>(asker: &Asker<R>, host_uri: &str) -> Result<(StatusReport, Self), Refusal> {
        let target = asker.check(host_uri).await?;
        let (dialer, limits) = (&asker.dialer, &asker.limits);
        let start = Instant::now();
        let streaming = async {
            let mut rpc = Rpc::connect(dialer, &target, limits).await?;
            let (messages, first) = rpc.stream_status().await?;
            let status = ProviderStatus::from_proto(&first)?;
            Ok::<_, Refusal>((rpc, messages, status, start.elapsed()))
        };
        let (streamed, version) = tokio::join!(streaming, rest::version(dialer, &target, limits));
        let (rpc, messages, mut status, latency) = streamed?;
        let (now, hasher) = (Instant::now(), RandomState::new());
        let open = Self {
            version: named(version),
            heartbeat: limits.heartbeat,
            pace: Pace::new(now),
            last: fingerprint(&hasher, &mut status),
            hasher,
            given: now,
            rpc,
            messages,
        };
        let report = open.report(Via::Stream, status, Some(latency));
        Ok((report, open))
    }

    async fn next(&mut self) -> Result<StatusReport, Refusal> {
        loop {
            let status = match timeout_at(self.given + self.heartbeat, self.messages.next()).await {
                Ok(Ok(Some(message))) => self.read(&message)?,
                Ok(Ok(None)) => {
                    return Err(Refusal::new(RefusalCode::Ended, "the provider ended the stream"));
                }
                Ok(Err(refusal)) => return Err(refusal),
                Err(_) => return self.ask().await,
            };
            if let Some(status) = status {
                self.given = Instant::now();
                return Ok(self.report(Via::Stream, status, None));
            }
        }
    }

    /// Reads a message; nothing where it says what the one before said.
    fn read(&mut self, message: &Bytes) -> Result<Option<ProviderStatus>, Refusal> {
        let now = Instant::now();
        self.pace.message(now)?;
        let mut status = ProviderStatus::from_proto(message)?;
        let print = fingerprint(&self.hasher, &mut status);
        if print == self.last {
            self.pace.repeat(now)?;
            return Ok(None);
        }
        self.last = print;
        Ok(Some(status))
    }

    /// Asks on the same connection, where the stream has been quiet.
    async fn ask(&mut self) -> Result<StatusReport, Refusal> {
        let start = Instant::now();
        let mut status = self.rpc.get_status().await.map_err(|refusal| {
            let reason = format!("nothing new for {:?}, and when asked: {refusal}", self.heartbeat);
            Refusal::new(RefusalCode::Silent, reason)
        })?;
        self.last = fingerprint(&self.hasher, &mut status);
        self.given = Instant::now();
        Ok(self.report(Via::Grpc, status, Some(start.elapsed())))
    }

    fn report(&self, via: Via, status: ProviderStatus, latency: Option<std::time::Duration>) -> StatusReport {
        StatusReport {
            via,
            status,
            latency,
            version: self.version.clone(),
            address: self.address(),
        }
    }

    const fn address(&self) -> SocketAddr {
        self.rpc.address
    }
}

/// A version that was said. That a provider does not say is no failure: the status is what was asked for.
pub(super) fn named(version: Result<String, Refusal>) -> Option<String> {
    version.ok().filter(|version| !version.is_empty())
}

/// What a status says, in 64 bits that only this process can predict; the time is no part of it.
fn fingerprint(hasher: &RandomState, status: &mut ProviderStatus) -> u64 {
    let time = status.reported_at_ms.take();
    let print = hasher.hash_one(&*status);
    status.reported_at_ms = time;
    print
}
