//! How a source of Solana behaves.

use std::fmt;
use std::time::Duration;

use reqwest::Url;

use super::rpc::MAX_SIGNATURES;
use super::throttle::RateLimits;
use crate::source::Limits;

/// Uncompressed size of an answer, in bytes: a page of a thousand signatures has 300 KB, a transaction 50 KB.
const BODY_BYTES: u64 = 16 * 1024 * 1024;

/// How a source of Solana behaves. Start from [`SolanaConfig::new`].
#[derive(Clone)]
pub struct SolanaConfig {
    /// What errors call the network.
    pub network: String,
    /// URLs of the endpoints.
    pub endpoints: Vec<String>,
    /// Genesis hash that every endpoint must have; absent: that of the first endpoint that answers.
    pub genesis_hash: Option<String>,
    /// The mint, base58.
    pub mint: String,
    /// Decimals that the mint must have.
    pub decimals: u8,
    /// Addresses whose transactions are fetched, base58.
    pub followed: Vec<String>,
    /// What one request may cost.
    pub limits: Limits,
    /// Requests that one endpoint allows.
    pub rates: RateLimits,
    /// Signatures of one page, at most 1,000.
    pub page: usize,
    /// Requests in flight at one endpoint, at most.
    pub max_in_flight: u32,
    /// Transactions of one range, and addresses, that are fetched at the same time.
    pub parallel: usize,
    /// How long a request is tried while no endpoint answers anything, before it is given up.
    pub patience: Duration,
    /// How far one endpoint may be ahead of all others and be believed, in slots.
    pub max_lead: u64,
    /// Time between two looks at the newest finalized slot.
    pub poll: Duration,
}

impl SolanaConfig {
    /// The defaults for public endpoints.
    pub fn new(network: impl Into<String>, endpoints: Vec<String>, mint: impl Into<String>, decimals: u8) -> Self {
        let limits = Limits {
            body_bytes: BODY_BYTES,
            ..Limits::default()
        };
        Self {
            network: network.into(),
            endpoints,
            genesis_hash: None,
            mint: mint.into(),
            decimals,
            followed: Vec::new(),
            limits,
            rates: RateLimits::default(),
            page: MAX_SIGNATURES,
            max_in_flight: 16,
            parallel: 8,
            patience: Duration::from_secs(60),
            max_lead: 750,
            poll: Duration::from_secs(10),
        }
    }
}

/// Without the paths of the URLs: providers put their keys there.
impl fmt::Debug for SolanaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin =
            |url: &String| Url::parse(url).map_or_else(|_| "?".to_owned(), |url| url.origin().ascii_serialization());
        f.debug_struct("SolanaConfig")
            .field("network", &self.network)
            .field("endpoints", &self.endpoints.iter().map(origin).collect::<Vec<_>>())
            .field("genesis_hash", &self.genesis_hash)
            .field("mint", &self.mint)
            .field("followed", &self.followed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_a_url_is_never_printed() {
        let urls = vec![
            "https://user:word@rpc.example.net:8443/v2/SECRET?api-key=SECRET".to_owned(),
            "SECRET".to_owned(),
        ];
        let printed = format!("{:?}", SolanaConfig::new("render", urls, "mint", 8));
        assert!(printed.contains("https://rpc.example.net:8443"), "{printed}");
        assert!(!printed.contains("SECRET") && !printed.contains("word"), "{printed}");
    }
}
