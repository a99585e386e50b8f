//! Why there is no status: a code that is stored, and a reason that can be read.

use crate::chain::akash::inventory::InventoryError;

/// Longest reason that is kept, in characters.
const REASON_CHARS: usize = 300;

/// Why there is no status from a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// The kind, stored as the outcome of the check.
    pub code: RefusalCode,
    /// What happened, in words: on one line, clipped, free of control characters. It may quote the provider.
    pub reason: String,
}

impl Refusal {
    /// A refusal; the reason is clipped and put on one line.
    pub fn new(code: RefusalCode, reason: impl AsRef<str>) -> Self {
        let reason = reason.as_ref().chars().take(REASON_CHARS);
        Self {
            code,
            reason: reason.map(|c| if c.is_control() { ' ' } else { c }).collect(),
        }
    }
}

impl From<InventoryError> for Refusal {
    fn from(error: InventoryError) -> Self {
        let code = match &error {
            InventoryError::Malformed { .. } => RefusalCode::Malformed,
            InventoryError::Quantity { .. } => RefusalCode::BadQuantity,
            InventoryError::Overflow { .. } => RefusalCode::Overflow,
            InventoryError::TooMany { .. } => RefusalCode::TooMany,
        };
        Self::new(code, error.to_string())
    }
}

/// The kinds of refusal, each with its code, in the order of how far an attempt got.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// Kind of a refusal, ordered by how far the attempt got. The codes are stored and never change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RefusalCode {
            $($(#[doc = $doc])+ $name,)+
        }

        impl RefusalCode {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// As tables store it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }
        }
    };
}

codes! {
    /// The address is no URL, or a part of it is too long.
    BadUri = "bad_uri",
    /// Not `https` (or `http` where local chains are allowed).
    BadScheme = "bad_scheme",
    /// The address carries a user or a password.
    UriCredentials = "uri_credentials",
    /// The address has a path, a query or a fragment; the chain allows none.
    UriExtra = "uri_extra",
    /// The host is no name that can be looked up.
    BadHost = "bad_host",
    /// The port is 0.
    BadPort = "bad_port",
    /// The name server knows no address.
    NameNotFound = "name_not_found",
    /// The name server did not answer in time.
    NameTimeout = "name_timeout",
    /// The name has more addresses than are checked.
    TooManyAddresses = "too_many_addresses",
    /// An address is `0.0.0.0/8` or `::`.
    AddressUnspecified = "address_unspecified",
    /// An address is this machine.
    AddressLoopback = "address_loopback",
    /// An address is in a private network.
    AddressPrivate = "address_private",
    /// An address is shared by a carrier (`100.64.0.0/10`).
    AddressShared = "address_shared",
    /// An address is on the local link.
    AddressLinkLocal = "address_link_local",
    /// An address is where clouds serve credentials of the machine.
    AddressMetadata = "address_metadata",
    /// An address is a multicast group.
    AddressMulticast = "address_multicast",
    /// An address is the broadcast address.
    AddressBroadcast = "address_broadcast",
    /// An address is kept for documentation.
    AddressDocumentation = "address_documentation",
    /// An address is kept for benchmarks.
    AddressBenchmarking = "address_benchmarking",
    /// An address is reserved, or of a transition mechanism that hides another one.
    AddressReserved = "address_reserved",
    /// Nobody listens there.
    ConnectRefused = "connect_refused",
    /// No connection in time.
    ConnectTimeout = "connect_timeout",
    /// No way there.
    ConnectFailed = "connect_failed",
    /// What listens does not speak TLS.
    NotTls = "not_tls",
    /// The TLS handshake failed; a certificate that nobody signed is no reason.
    TlsFailed = "tls_failed",
    /// The TLS handshake was not finished in time.
    TlsTimeout = "tls_timeout",
    /// The other side speaks TLS, but not the protocol that was asked for.
    Protocol = "protocol",
    /// The connection broke off.
    Broken = "broken",
    /// The gRPC service is not there.
    Unimplemented = "unimplemented",
    /// A gRPC status that is no answer.
    GrpcStatus = "grpc_status",
    /// An HTTP status that is no answer.
    HttpStatus = "http_status",
    /// No whole answer in time.
    Timeout = "timeout",
    /// It wants to send us elsewhere; redirects are not followed.
    Redirect = "redirect",
    /// The headers are larger than is read.
    HeadersTooLarge = "headers_too_large",
    /// The answer is larger than is read.
    TooLarge = "too_large",
    /// The answer is compressed, which was not asked for.
    Compressed = "compressed",
    /// The answer cannot be read.
    Malformed = "malformed",
    /// A quantity in the answer cannot be read.
    BadQuantity = "bad_quantity",
    /// A number in the answer does not fit.
    Overflow = "overflow",
    /// More nodes, cards, classes or names than are taken.
    TooMany = "too_many",
    /// The stream sent nothing, and the provider did not answer when asked.
    Silent = "silent",
    /// The stream sent the same again and again.
    Repeats = "repeats",
    /// The stream sent more than is read.
    Flood = "flood",
    /// The provider ended the stream.
    Ended = "ended",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_snake_case_and_its_own() {
        let mut codes: Vec<&str> = RefusalCode::ALL.iter().map(|code| code.as_str()).collect();
        assert!(codes.iter().all(|code| {
            !code.is_empty()
                && code
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        }));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), RefusalCode::ALL.len());
    }

    #[test]
    fn every_code_is_in_the_table_of_the_documentation_in_the_same_order() {
        let page = include_str!("../../../../docs/providers.md");
        let table = page.split_once("| code |").map_or("", |(_, table)| table);
        let rows = table
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let listed: Vec<&str> = rows.map(|(code, _)| code).take(RefusalCode::ALL.len()).collect();
        let codes: Vec<&str> = RefusalCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(listed, codes);
    }

    #[test]
    fn a_reason_is_one_clipped_line() {
        let refusal = Refusal::new(RefusalCode::GrpcStatus, format!("a\nb\u{1b}[31m{}", "x".repeat(10_000)));
        assert_eq!(refusal.reason.chars().count(), REASON_CHARS);
        assert!(refusal.reason.starts_with("a b [31m"));
    }
}
