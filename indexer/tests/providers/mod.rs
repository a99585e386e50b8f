//! Mock providers: real servers on loopback with TLS and self-signed certificates, a tonic service with reflection, and REST
//! beside it on the same port (told apart by ALPN) or on the usual two ports. What they do is their [`Behaviour`].
#![allow(dead_code, reason = "each test root uses a part of it")]

pub(crate) mod rpc;
pub(crate) mod serve;
pub(crate) mod status;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// What a mock provider does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Its status changes with every tick: one more lease.
    Honest,
    /// All but the last byte of a message that is just small enough, and then nothing.
    Stalls,
    /// A status, and then nothing for ever; `GetStatus` works.
    Quiet,
    /// gRPC is not there; REST is, in the shape of today.
    RestOnly,
    /// gRPC is not there; REST is, in the shape of before 0.5.0.
    OldRest,
    /// Bytes that are no message, and no JSON.
    Garbage,
    /// A message, and a body, of 10 MB.
    Huge,
    /// A body of 10 MB whose length is not announced.
    HugeChunked,
    /// Accepts everything and answers nothing.
    Silence,
    /// A status, and then nothing, not even when asked.
    FallsSilent,
    /// The same status again and again, as fast as it is read, each time with a new time.
    Repeats,
    /// Another status again and again, as fast as it is read.
    Floods,
    /// One status, then the end.
    Ends,
    /// One status, then the connection is cut.
    Cut,
    /// Sends everybody to the address in the environment of the mock.
    Redirect(SocketAddr),
    /// 64 KiB of headers.
    HugeHeaders,
    /// Half an answer, byte by byte, for ever.
    SlowLoris,
    /// Never finishes the TLS handshake.
    NoHandshake,
    /// Plain HTTP where TLS is expected.
    PlainHttp,
    /// A small body that is large when unpacked, and a message that says it is compressed.
    Bomb,
    /// Errors: a gRPC status, an HTTP status.
    Errors,
    /// A status of 1,025 nodes.
    ManyNodes,
    /// A quantity that is none.
    BadQuantity,
    /// Honest, with a certificate that expired in 2001.
    Expired,
    /// Honest, with a certificate for another name.
    OtherName,
}

/// What a mock saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Connections so far.
    pub connections: AtomicUsize,
    /// Connections that are open.
    pub open: AtomicUsize,
    /// gRPC calls so far.
    pub calls: AtomicUsize,
    /// Names of the TLS handshakes and of the requests.
    pub names: Mutex<BTreeSet<String>>,
}

/// A running mock; dropped, it stops.
pub(crate) struct Provider {
    pub address: SocketAddr,
    pub seen: Arc<Seen>,
    _listeners: Vec<AbortOnDropHandle<()>>,
}

impl Provider {
    /// gRPC and REST on one free port of 127.0.0.1.
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        Self::with_tick(behaviour, Duration::from_millis(40)).await
    }

    /// The same; an honest one changes its status after each tick.
    pub(crate) async fn with_tick(behaviour: Behaviour, tick: Duration) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        Self::on(vec![listener], behaviour, tick)
    }

    /// REST on 8443 and gRPC on 8444, as real providers, of any loopback address where both are free.
    pub(crate) async fn on_the_usual_ports(behaviour: Behaviour) -> Self {
        loop {
            let ip = IpAddr::from([127, fastrand::u8(1..), fastrand::u8(1..), fastrand::u8(1..255)]);
            let rest = TcpListener::bind((ip, 8443)).await;
            let grpc = TcpListener::bind((ip, 8444)).await;
            if let (Ok(rest), Ok(grpc)) = (rest, grpc) {
                return Self::on(vec![rest, grpc], behaviour, Duration::from_millis(40));
            }
        }
    }

    fn on(listeners: Vec<TcpListener>, behaviour: Behaviour, tick: Duration) -> Self {
        let seen = Arc::new(Seen::default());
        let address = listeners[0].local_addr().unwrap();
        let serve = |listener| {
            let serving = serve::listen(listener, behaviour, tick, Arc::clone(&seen));
            AbortOnDropHandle::new(tokio::spawn(serving))
        };
        let listeners = listeners.into_iter().map(serve).collect();
        Self {
            address,
            seen,
            _listeners: listeners,
        }
    }

    pub(crate) fn uri(&self) -> String {
        format!("https://{}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn open(&self) -> usize {
        self.seen.open.load(Ordering::SeqCst)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.seen.names.lock().unwrap().iter().cloned().collect()
    }

    pub(crate) fn calls(&self) -> usize {
        self.seen.calls.load(Ordering::SeqCst)
    }
}
