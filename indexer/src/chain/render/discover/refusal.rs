//! When no payout account is named, and which wallets cannot be looked for.

use super::{Candidate, MIN_MATCHED, MIN_SHARE, TIE_SHARE};
use std::fmt;

/// Bytes of an address.
const ADDRESS_BYTES: usize = 32;
/// Longest base58 text of an address.
const MAX_ADDRESS_CHARS: usize = 44;
/// An address this long without a single capital letter was lower-cased: by chance one in ten million is.
const MIN_MIXED_CASE_CHARS: usize = 32;

/// A wallet that cannot be looked for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RefusedWallet {
    /// The address as written.
    pub address: String,
    /// Why it is none.
    pub reason: String,
}

/// Why no payout account is named. Nothing is guessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The channel does not pay nodes, or nobody knows whom it pays.
    NotNodes,
    /// The record lists no wallet that could be looked for.
    NoWallets {
        /// Wallets that were refused.
        refused: usize,
    },
    /// No wallet has a share that is larger than the tolerance.
    NoShares,
    /// Nobody paid any wallet what the record says.
    NoMatch,
    /// The best match is too weak to be evidence.
    TooFew {
        /// Who it would be.
        account: String,
        /// Wallets matched.
        matched: usize,
        /// Wallets that could have been.
        total: usize,
    },
    /// Two accounts match almost equally well.
    Tie {
        /// One of them.
        account: String,
        /// Wallets that it matches.
        matched: usize,
        /// The other.
        other: String,
        /// Wallets that the other matches.
        other_matched: usize,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNodes => f.write_str("the channel is not known to pay nodes"),
            Self::NoWallets { refused: 0 } => f.write_str("the record lists no wallets"),
            Self::NoWallets { refused } => write!(f, "all {refused} wallets of the record were refused"),
            Self::NoShares => f.write_str("no wallet has a share that is larger than the tolerance"),
            Self::NoMatch => f.write_str(
                "no indexed transfer in the 14 days after the period has an expected amount; are these days indexed, and does \
                 the index follow an account that they touch?",
            ),
            Self::TooFew { account, matched, total } => write!(
                f,
                "{account} matches {matched} of {total} wallets, too few to be evidence (at least {MIN_MATCHED}, and half)"
            ),
            Self::Tie {
                account,
                matched,
                other,
                other_matched,
            } => write!(
                f,
                "{account} matches {matched} wallets and {other} matches {other_matched}: they tie, and neither is named"
            ),
        }
    }
}

/// Whether the first candidate may be named.
pub(super) fn judge(candidates: &[Candidate], total: usize) -> Result<(), Refusal> {
    if total == 0 {
        return Err(Refusal::NoShares);
    }
    let Some(best) = candidates.first() else {
        return Err(Refusal::NoMatch);
    };
    let enough = best.matched >= MIN_MATCHED && best.matched * MIN_SHARE.1 >= total * MIN_SHARE.0;
    if !enough {
        return Err(Refusal::TooFew {
            account: best.account.clone(),
            matched: best.matched,
            total,
        });
    }
    let rival = candidates.get(1);
    match rival.filter(|rival| rival.matched * TIE_SHARE.1 >= best.matched * TIE_SHARE.0) {
        None => Ok(()),
        Some(rival) => Err(Refusal::Tie {
            account: best.account.clone(),
            matched: best.matched,
            other: rival.account.clone(),
            other_matched: rival.matched,
        }),
    }
}

/// Whether a text is an address: 32 bytes in base58, in the case in which it was made.
///
/// # Errors
/// Why it is none.
pub fn check_address(text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > MAX_ADDRESS_CHARS || !text.is_ascii() {
        return Err("it is not 32 to 44 characters of base58".to_owned());
    }
    let has = |kind: fn(&u8) -> bool| text.bytes().any(|byte| kind(&byte));
    if text.len() >= MIN_MIXED_CASE_CHARS && has(u8::is_ascii_lowercase) && !has(u8::is_ascii_uppercase) {
        return Err(
            "it was lower-cased: base58 is case-sensitive, so the address is lost and cannot be restored".to_owned(),
        );
    }
    let mut bytes = [0; ADDRESS_BYTES];
    match bs58::decode(text).onto(&mut bytes) {
        Ok(ADDRESS_BYTES) => Ok(()),
        Ok(length) => Err(format!("it has {length} bytes, not {ADDRESS_BYTES}")),
        Err(error) => Err(format!("it is no base58 address: {error}")),
    }
}
