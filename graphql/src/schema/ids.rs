//! Opaque, stable ids and cursors. Pure.
//!
//! Both are base64url of a few lines of text: a tag with a version, the network, and the key. Callers must not look
//! inside; the tag lets a later version read what an earlier one gave out.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::read::lease::LeaseKey;

/// Longer texts cannot be ids of ours: an address has at most 128 characters here, a number 20.
const MAX_ENCODED: usize = 1_024;
/// The longest name or address that an id holds.
const MAX_PART: usize = 128;

const LEASE: &str = "lease1";
const PROVIDER: &str = "provider1";
const LEASE_CURSOR: &str = "leases1";
const PROVIDER_CURSOR: &str = "providers1";

/// A place in a list, pinned to the height that the list was read at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor<K> {
    pub(crate) network: String,
    pub(crate) as_of: u64,
    pub(crate) created_at: u64,
    pub(crate) key: K,
}

/// Parts as opaque text.
pub(crate) fn encode(parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(parts.join("\n"))
}

/// The parts of an encoded text with this tag, without the tag; `None` unless it is exactly what `encode` writes.
pub(crate) fn lines(tag: &str, text: &str) -> Option<Vec<String>> {
    if text.len() > MAX_ENCODED {
        return None;
    }
    let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let mut lines = plain.split('\n');
    if lines.next() != Some(tag) {
        return None;
    }
    let parts: Vec<String> = lines.map(str::to_owned).collect();
    if parts
        .iter()
        .any(|part| part.len() > MAX_PART || part.chars().any(char::is_control))
    {
        return None;
    }
    Some(parts)
}

fn decode<const N: usize>(tag: &str, text: &str) -> Option<[String; N]> {
    lines(tag, text)?.try_into().ok()
}

/// A number in the one spelling that `to_string` gives, so that one key has one id.
pub(crate) fn number<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    text.parse::<T>().ok().filter(|value| value.to_string() == text)
}

fn key_parts(key: &LeaseKey) -> [String; 6] {
    [
        key.owner.clone(),
        key.dseq.to_string(),
        key.gseq.to_string(),
        key.oseq.to_string(),
        key.provider.clone(),
        key.bseq.to_string(),
    ]
}

fn key_of([owner, dseq, gseq, oseq, provider, bseq]: [String; 6]) -> Option<LeaseKey> {
    Some(LeaseKey {
        owner,
        dseq: number(&dseq)?,
        gseq: number(&gseq)?,
        oseq: number(&oseq)?,
        provider,
        bseq: number(&bseq)?,
    })
}

/// The id of a lease.
pub(crate) fn lease_id(network: &str, key: &LeaseKey) -> String {
    let [owner, dseq, gseq, oseq, provider, bseq] = key_parts(key);
    encode(&[LEASE, network, &owner, &dseq, &gseq, &oseq, &provider, &bseq])
}

/// The network and key in the id of a lease.
pub(crate) fn parse_lease_id(id: &str) -> Option<(String, LeaseKey)> {
    let [network, owner, dseq, gseq, oseq, provider, bseq] = decode::<7>(LEASE, id)?;
    Some((network, key_of([owner, dseq, gseq, oseq, provider, bseq])?))
}

/// The id of a provider.
pub(crate) fn provider_id(network: &str, owner: &str) -> String {
    encode(&[PROVIDER, network, owner])
}

/// The network and address in the id of a provider.
pub(crate) fn parse_provider_id(id: &str) -> Option<(String, String)> {
    let [network, owner] = decode::<2>(PROVIDER, id)?;
    Some((network, owner))
}

/// The cursor of a lease in a list.
pub(crate) fn lease_cursor(cursor: &Cursor<LeaseKey>) -> String {
    let [owner, dseq, gseq, oseq, provider, bseq] = key_parts(&cursor.key);
    let (as_of, created) = (cursor.as_of.to_string(), cursor.created_at.to_string());
    encode(&[
        LEASE_CURSOR,
        &cursor.network,
        &as_of,
        &created,
        &owner,
        &dseq,
        &gseq,
        &oseq,
        &provider,
        &bseq,
    ])
}

/// Reads back what `lease_cursor` wrote.
pub(crate) fn parse_lease_cursor(text: &str) -> Option<Cursor<LeaseKey>> {
    let [network, as_of, created, owner, dseq, gseq, oseq, provider, bseq] = decode::<9>(LEASE_CURSOR, text)?;
    let key = key_of([owner, dseq, gseq, oseq, provider, bseq])?;
    Some(Cursor {
        network,
        as_of: number(&as_of)?,
        created_at: number(&created)?,
        key,
    })
}

/// The cursor of a provider in a list.
pub(crate) fn provider_cursor(cursor: &Cursor<String>) -> String {
    let (as_of, created) = (cursor.as_of.to_string(), cursor.created_at.to_string());
    encode(&[PROVIDER_CURSOR, &cursor.network, &as_of, &created, &cursor.key])
}

/// Reads back what `provider_cursor` wrote.
pub(crate) fn parse_provider_cursor(text: &str) -> Option<Cursor<String>> {
    let [network, as_of, created, key] = decode::<4>(PROVIDER_CURSOR, text)?;
    Some(Cursor {
        network,
        as_of: number(&as_of)?,
        created_at: number(&created)?,
        key,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn key() -> LeaseKey {
        LeaseKey {
            owner: "akash1owner".into(),
            dseq: u64::MAX,
            gseq: 1,
            oseq: 2,
            provider: "akash1prov".into(),
            bseq: 3,
        }
    }

    #[test]
    fn ids_and_cursors_come_back_whole() {
        assert_eq!(
            parse_lease_id(&lease_id("akash", &key())).unwrap(),
            ("akash".into(), key())
        );
        assert_eq!(
            parse_provider_id(&provider_id("akash", "p")).unwrap(),
            ("akash".into(), "p".into())
        );
        let lease = Cursor {
            network: "rec-x".into(),
            as_of: 7,
            created_at: 5,
            key: key(),
        };
        assert_eq!(parse_lease_cursor(&lease_cursor(&lease)).unwrap(), lease);
        let provider = Cursor {
            network: "rec-x".into(),
            as_of: 7,
            created_at: 5,
            key: "p".to_owned(),
        };
        assert_eq!(parse_provider_cursor(&provider_cursor(&provider)).unwrap(), provider);
    }

    #[test]
    fn anything_else_is_malformed() {
        let bad = [
            String::new(),
            "!!".into(),
            "A".repeat(5_000),
            provider_id("akash", "p"),
            encode(&[LEASE, "akash", "o", "1", "1", "1", "p"]),
            encode(&[LEASE, "akash", "o", "+1", "1", "1", "p", "0"]),
            encode(&[LEASE, "akash", "o", "01", "1", "1", "p", "0"]),
            encode(&[LEASE, "akash", "o", "1", "4294967296", "1", "p", "0"]),
            encode(&[LEASE, "akash", "o\0", "1", "1", "1", "p", "0"]),
            encode(&[LEASE, "akash", "o", "1", "1", "1", "p", "0", "more"]),
        ];
        for text in bad {
            assert_eq!(parse_lease_id(&text), None, "{text}");
        }
    }
}
