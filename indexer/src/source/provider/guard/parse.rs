//! Taking a `host_uri` apart.

use std::net::IpAddr;

use rustls_pki_types::ServerName;
use url::{Host, Url};

use super::super::{Refusal, RefusalCode};
use super::Policy;

/// Longest `host_uri` that is read, in bytes.
const MAX_URI_BYTES: usize = 512;
/// Longest name in the DNS.
const MAX_HOST_BYTES: usize = 253;
/// Where providers serve REST, and gRPC beside it.
const USUAL_PORTS: (u16, u16) = (8443, 8444);

/// Host, ports and TLS of a `host_uri`; nothing is looked up yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Host in lower case, without brackets and final dot: what certificates, `Host` and SNI are about.
    pub host: String,
    /// Whether TLS is spoken.
    pub tls: bool,
    /// Port of REST: the one in the address, else that of the scheme.
    pub rest_port: u16,
    /// Port of gRPC: 8444 where REST is on 8443, else the same, as the incumbent derives it.
    pub grpc_port: u16,
    literal: Option<IpAddr>,
}

impl Place {
    /// Takes an address apart.
    ///
    /// The parser is that of the WHATWG, which reads `0x7f.1`, `2130706433` and `0177.0.0.1` as `127.0.0.1`, so such a
    /// notation hides nothing. What it would silently drop or mend (control characters, blanks, backslashes) is refused
    /// before.
    ///
    /// # Errors
    /// A [`Refusal`] for what is wrong.
    pub fn parse(host_uri: &str, policy: Policy) -> Result<Self, Refusal> {
        plain(host_uri)?;
        let url = Url::parse(host_uri).map_err(|e| refuse(RefusalCode::BadUri, format!("not a URL: {e}")))?;
        let tls = scheme(&url, policy)?;
        bare(&url)?;
        let (host, literal) = host(&url)?;
        let rest_port = url.port_or_known_default().unwrap_or(0);
        if rest_port == 0 {
            return Err(refuse(RefusalCode::BadPort, "nothing can be dialed on port 0"));
        }
        let grpc_port = if rest_port == USUAL_PORTS.0 {
            USUAL_PORTS.1
        } else {
            rest_port
        };
        Ok(Self {
            host,
            tls,
            rest_port,
            grpc_port,
            literal,
        })
    }

    /// The address, where the host is one.
    pub const fn literal(&self) -> Option<IpAddr> {
        self.literal
    }

    /// `host:port` as `Host` and `:authority` carry it.
    pub fn authority(&self, port: u16) -> String {
        match self.literal {
            Some(IpAddr::V6(ip)) => format!("[{ip}]:{port}"),
            _ => format!("{}:{port}", self.host),
        }
    }
}

fn refuse(code: RefusalCode, reason: impl AsRef<str>) -> Refusal {
    Refusal::new(code, format!("host_uri: {}", reason.as_ref()))
}

/// What the parser would drop or mend in silence.
fn plain(host_uri: &str) -> Result<(), Refusal> {
    if host_uri.len() > MAX_URI_BYTES {
        let reason = format!(
            "it has {} bytes, {MAX_URI_BYTES} are the most that is read",
            host_uri.len()
        );
        return Err(refuse(RefusalCode::BadUri, reason));
    }
    if !host_uri.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') {
        let reason = "it has blanks, backslashes, control or non-ASCII characters (names are written in punycode)";
        return Err(refuse(RefusalCode::BadUri, reason));
    }
    Ok(())
}

fn scheme(url: &Url, policy: Policy) -> Result<bool, Refusal> {
    match url.scheme() {
        "https" => Ok(true),
        "http" if policy.allow_http => Ok(false),
        other => Err(refuse(
            RefusalCode::BadScheme,
            format!("its scheme is {other}, only https is dialed"),
        )),
    }
}

/// The chain allows scheme, host and port, nothing else.
fn bare(url: &Url) -> Result<(), Refusal> {
    // An empty user (`https://@host`) is dropped by the parser.
    if url.as_str().contains('@') || !url.username().is_empty() || url.password().is_some() {
        return Err(refuse(RefusalCode::UriCredentials, "it carries a user or a password"));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(refuse(RefusalCode::UriExtra, "it has a path, a query or a fragment"));
    }
    Ok(())
}

fn host(url: &Url) -> Result<(String, Option<IpAddr>), Refusal> {
    let name = match url.host() {
        Some(Host::Ipv4(ip)) => return Ok((ip.to_string(), Some(ip.into()))),
        Some(Host::Ipv6(ip)) => return Ok((ip.to_string(), Some(ip.into()))),
        Some(Host::Domain(name)) => name.strip_suffix('.').unwrap_or(name),
        None => "",
    };
    let usable = !name.is_empty() && name.len() <= MAX_HOST_BYTES && ServerName::try_from(name).is_ok();
    if !usable {
        return Err(refuse(
            RefusalCode::BadHost,
            "its host is no name that can be looked up",
        ));
    }
    Ok((name.to_owned(), None))
}
