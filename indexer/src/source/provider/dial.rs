//! One connection to a checked address.

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::{AlertDescription, ClientConfig, Error as TlsError, InvalidMessage};
use rustls_pki_types::{IpAddr as PkiIpAddr, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::guard::{Place, Target};
use super::{Refusal, RefusalCode, tls};

/// Addresses of one name that are tried, one after the other, within the time of the step.
const MAX_TRIES: usize = 4;

/// A byte stream, encrypted or not.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Wire for T {}

/// A connection and where it leads.
pub(super) struct Connection {
    pub(super) wire: Box<dyn Wire>,
    pub(super) address: SocketAddr,
}

/// What is spoken once the connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    Grpc,
    Rest,
}

impl Speech {
    const fn alpn(self) -> &'static [u8] {
        match self {
            Self::Grpc => b"h2",
            Self::Rest => b"http/1.1",
        }
    }
}

/// Dials checked addresses; knows no names.
#[derive(Clone)]
pub(super) struct Dialer {
    grpc: Arc<ClientConfig>,
    rest: Arc<ClientConfig>,
    step: Duration,
}

impl Dialer {
    pub(super) fn new(step: Duration) -> Result<Self, TlsError> {
        Ok(Self {
            grpc: Arc::new(tls::config(Speech::Grpc.alpn())?),
            rest: Arc::new(tls::config(Speech::Rest.alpn())?),
            step,
        })
    }

    /// Connects to one of the target's addresses and shakes hands, within one step.
    pub(super) async fn dial(&self, target: &Target, speech: Speech) -> Result<Connection, Refusal> {
        let until = Instant::now() + self.step;
        let tcp = match speech {
            Speech::Grpc => self.connect(target.grpc(), until).await,
            Speech::Rest => self.connect(target.rest(), until).await,
        };
        let (tcp, address) = tcp?;
        // Fails only on a socket that is gone, which the handshake then says.
        let _ = tcp.set_nodelay(true);
        if !target.place.tls {
            let wire = Box::new(tcp);
            return Ok(Connection { wire, address });
        }
        let wire = self.shake(tcp, &target.place, speech, address, until).await?;
        Ok(Connection { wire, address })
    }

    async fn connect(
        &self,
        addresses: impl Iterator<Item = SocketAddr>,
        until: Instant,
    ) -> Result<(TcpStream, SocketAddr), Refusal> {
        let mut first = None;
        for address in addresses.take(MAX_TRIES) {
            let refusal = match timeout_at(until, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => return Ok((tcp, address)),
                Ok(Err(error)) => not_connected(address, &error),
                Err(_) => Refusal::new(
                    RefusalCode::ConnectTimeout,
                    format!("{address}: no connection within {:?}", self.step),
                ),
            };
            first.get_or_insert(refusal);
        }
        Err(first.unwrap_or_else(|| Refusal::new(RefusalCode::ConnectFailed, "there is no address to dial")))
    }

    async fn shake(
        &self,
        tcp: TcpStream,
        place: &Place,
        speech: Speech,
        address: SocketAddr,
        until: Instant,
    ) -> Result<Box<dyn Wire>, Refusal> {
        let config = match speech {
            Speech::Grpc => &self.grpc,
            Speech::Rest => &self.rest,
        };
        let connecting = TlsConnector::from(Arc::clone(config)).connect(server_name(place)?, tcp);
        let stream = match timeout_at(until, connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(no_tls(address, &error)),
            Err(_) => {
                let reason = format!("{address}: no TLS handshake within {:?}", self.step);
                return Err(Refusal::new(RefusalCode::TlsTimeout, reason));
            }
        };
        // A server without ALPN may still speak it.
        if let Some(other) = stream.get_ref().1.alpn_protocol()
            && other != speech.alpn()
        {
            let reason = format!("{address}: speaks {} instead", String::from_utf8_lossy(other));
            return Err(Refusal::new(RefusalCode::Protocol, reason));
        }
        Ok(Box::new(stream))
    }
}

fn server_name(place: &Place) -> Result<ServerName<'static>, Refusal> {
    match place.literal() {
        Some(ip) => Ok(ServerName::IpAddress(PkiIpAddr::from(ip))),
        None => ServerName::try_from(place.host.clone())
            .map_err(|e| Refusal::new(RefusalCode::BadHost, format!("{}: {e}", place.host))),
    }
}

fn not_connected(address: SocketAddr, error: &io::Error) -> Refusal {
    let code = match error.kind() {
        io::ErrorKind::ConnectionRefused => RefusalCode::ConnectRefused,
        io::ErrorKind::TimedOut => RefusalCode::ConnectTimeout,
        _ => RefusalCode::ConnectFailed,
    };
    Refusal::new(code, format!("{address}: {error}"))
}

fn no_tls(address: SocketAddr, error: &io::Error) -> Refusal {
    let cause = error.get_ref().and_then(|e| e.downcast_ref::<TlsError>());
    let code = match cause {
        Some(TlsError::InvalidMessage(InvalidMessage::InvalidContentType)) => RefusalCode::NotTls,
        Some(TlsError::AlertReceived(AlertDescription::NoApplicationProtocol)) => RefusalCode::Protocol,
        _ => RefusalCode::TlsFailed,
    };
    let words = match code {
        RefusalCode::NotTls => "what listens there does not speak TLS",
        RefusalCode::Protocol => "it does not speak the protocol",
        _ => "the TLS handshake failed",
    };
    Refusal::new(code, format!("{address}: {words}: {error}"))
}

/// An error with its causes, for reasons: the outermost alone says little.
pub(super) fn causes(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
