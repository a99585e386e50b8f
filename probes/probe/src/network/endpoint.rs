//! Where a verifier listens.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use tonic::codegen::http::Uri;

/// Longest address that is taken, bytes.
const MAX_LENGTH: usize = 512;

/// Address of a verifier: `https://HOST[:PORT]`, or `http://` on this machine. No path, no user, no query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    text: String,
    secure: bool,
}

/// Why an address is none of a verifier's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EndpointError {
    /// No address at all.
    #[error("not an address; give https://HOST[:PORT]")]
    Malformed,
    /// Another scheme.
    #[error("a verifier is reached by https:// (or http:// on loopback)")]
    Scheme,
    /// Plain text to another machine.
    #[error("http:// is for loopback only, for anybody between could change the figures; give https://")]
    PlainText,
    /// More than host and port.
    #[error("give host and port only: no user, path or query")]
    Extra,
}

impl Endpoint {
    /// As given, without a slash at the end.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is reached through TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if text.len() > MAX_LENGTH || text.contains('#') {
            return Err(EndpointError::Malformed);
        }
        let uri: Uri = text.parse().map_err(|_| EndpointError::Malformed)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(EndpointError::Malformed);
        };
        if authority.as_str().contains('@') || uri.query().is_some() || !matches!(uri.path(), "" | "/") {
            return Err(EndpointError::Extra);
        }
        let secure = match scheme {
            "https" => true,
            "http" if is_loopback(authority.host()) => false,
            "http" => return Err(EndpointError::PlainText),
            _ => return Err(EndpointError::Scheme),
        };
        let text = format!("{scheme}://{authority}");
        Ok(Self { text, secure })
    }
}

/// Whether a host is this machine for certain. Other names could be looked up to anything.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn https_goes_anywhere_and_http_to_this_machine_only() {
        for (text, secure) in [
            ("https://verifier.example.org", true),
            ("https://192.0.2.7:9443/", true),
            ("http://127.0.0.1:9443", false),
            ("http://[::1]:9443", false),
            ("http://localhost:1", false),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!(endpoint.is_secure(), secure, "{text}");
            assert_eq!(endpoint.as_str(), text.trim_end_matches('/'));
        }
    }

    #[test]
    fn other_addresses_are_refused_with_the_reason() {
        for (text, why) in [
            ("verifier.example.org", EndpointError::Malformed),
            ("", EndpointError::Malformed),
            ("https://a.example#b", EndpointError::Malformed),
            ("http://192.0.2.7:9443", EndpointError::PlainText),
            ("http://localhost.example.org", EndpointError::PlainText),
            ("ftp://127.0.0.1", EndpointError::Scheme),
            ("https://user:secret@a.example", EndpointError::Extra),
            ("https://a.example/path", EndpointError::Extra),
            ("https://a.example?x=1", EndpointError::Extra),
        ] {
            assert_eq!(text.parse::<Endpoint>(), Err(why), "{text}");
        }
    }
}
