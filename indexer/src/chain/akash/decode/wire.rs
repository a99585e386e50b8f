//! The RPC bodies as they lie on the wire, borrowed from the bytes.
//!
//! Most of a block's bytes are distribution and bookkeeping events that we leave alone; their
//! attributes are skipped by the parser without an allocation.

use super::error::{Body, DecodeError};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};
use std::borrow::Cow;
use std::fmt;

/// Largest body that is parsed: more than ten times CometBFT's own default limit for a block.
pub const BODY_MAX_BYTES: usize = 256 * 1024 * 1024;

/// Text that borrows from the body unless it holds escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
            fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

impl std::ops::Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

#[derive(Deserialize)]
struct Envelope<T> {
    result: Option<T>,
    error: Option<RpcError>,
}

#[derive(Deserialize)]
struct RpcError {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: String,
}

/// An element of `block_metas`.
#[derive(Deserialize)]
pub(super) struct Meta<'a> {
    #[serde(borrow)]
    pub(super) block_id: BlockId<'a>,
    pub(super) header: WireHeader<'a>,
    pub(super) num_txs: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct BlockId<'a> {
    #[serde(borrow)]
    pub(super) hash: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct WireHeader<'a> {
    #[serde(borrow)]
    pub(super) chain_id: Text<'a>,
    pub(super) height: Text<'a>,
    pub(super) time: Text<'a>,
    pub(super) last_block_id: BlockId<'a>,
    pub(super) data_hash: Text<'a>,
    pub(super) proposer_address: Text<'a>,
}

/// `result` of `/block`.
#[derive(Deserialize)]
pub(super) struct BlockResult<'a> {
    #[serde(borrow)]
    pub(super) block_id: BlockId<'a>,
    pub(super) block: WireBlock<'a>,
}

#[derive(Deserialize)]
pub(super) struct WireBlock<'a> {
    #[serde(borrow)]
    pub(super) header: WireHeader<'a>,
    pub(super) data: WireData<'a>,
}

#[derive(Deserialize)]
pub(super) struct WireData<'a> {
    #[serde(borrow, default)]
    pub(super) txs: Option<Vec<Text<'a>>>,
}

/// `result` of `/block_results`. The outer option of an event list says whether the field is there at
/// all: that decides the encoding.
#[derive(Deserialize)]
pub(super) struct Results<'a> {
    #[serde(borrow)]
    pub(super) height: Text<'a>,
    #[serde(default)]
    pub(super) txs_results: Option<Vec<TxResult<'a>>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) begin_block_events: Option<Vec<WireEvent<'a>>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) end_block_events: Option<Vec<WireEvent<'a>>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) finalize_block_events: Option<Vec<WireEvent<'a>>>,
}

/// `null` means present and empty.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Some(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default()))
}

#[derive(Deserialize)]
pub(super) struct TxResult<'a> {
    #[serde(default)]
    pub(super) code: u32,
    #[serde(borrow, default)]
    pub(super) data: Option<Text<'a>>,
    #[serde(default)]
    pub(super) codespace: Option<Text<'a>>,
    #[serde(default)]
    pub(super) gas_wanted: Option<Text<'a>>,
    #[serde(default)]
    pub(super) gas_used: Option<Text<'a>>,
    #[serde(default)]
    pub(super) events: Option<Vec<WireEvent<'a>>>,
}

/// An event; `attributes` is empty where [`skipped`] says that nobody reads them.
#[derive(Debug)]
pub(super) struct WireEvent<'a> {
    pub(super) kind: Text<'a>,
    pub(super) attributes: Vec<WireAttribute<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireAttribute<'a> {
    #[serde(borrow, default)]
    pub(super) key: Option<Text<'a>>,
    #[serde(default)]
    pub(super) value: Option<Text<'a>>,
}

/// Types whose attributes nobody reads: the bulk of a mainnet block.
pub(super) fn skipped(kind: &str) -> bool {
    matches!(
        kind,
        "commission" | "rewards" | "proposer_reward" | "coin_spent" | "coin_received"
    )
}

impl<'de: 'a, 'a> Deserialize<'de> for WireEvent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventVisitor)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = WireEvent<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event with type and attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut kind: Option<Text<'de>> = None;
        let mut attributes: Option<Vec<WireAttribute<'de>>> = None;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            match &*key {
                "type" if kind.is_some() => return Err(de::Error::duplicate_field("type")),
                "type" => kind = Some(map.next_value()?),
                "attributes" if attributes.is_some() => return Err(de::Error::duplicate_field("attributes")),
                "attributes" if kind.as_deref().is_some_and(skipped) => {
                    map.next_value::<IgnoredAny>()?;
                    attributes = Some(Vec::new());
                }
                "attributes" => attributes = Some(map.next_value::<Option<_>>()?.unwrap_or_default()),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(WireEvent {
            kind: kind.ok_or_else(|| de::Error::missing_field("type"))?,
            attributes: attributes.unwrap_or_default(),
        })
    }
}

/// Parses a body that has the JSON-RPC envelope.
pub(super) fn rpc<'a, T: Deserialize<'a>>(height: u64, body: Body, bytes: &'a [u8]) -> Result<T, DecodeError> {
    let envelope: Envelope<T> = plain(height, body, bytes)?;
    match (envelope.result, envelope.error) {
        (_, Some(error)) => Err(DecodeError::Rpc {
            height,
            body,
            code: error.code,
            message: format!("{} {}", error.message, error.data).chars().take(300).collect(),
        }),
        (Some(result), None) => Ok(result),
        (None, None) => Err(DecodeError::Missing {
            height,
            body,
            what: "`result`",
        }),
    }
}

/// Parses a body without an envelope.
pub(super) fn plain<'a, T: Deserialize<'a>>(height: u64, body: Body, bytes: &'a [u8]) -> Result<T, DecodeError> {
    if bytes.len() > BODY_MAX_BYTES {
        return Err(DecodeError::TooLarge {
            height,
            body,
            bytes: bytes.len(),
            limit: BODY_MAX_BYTES,
        });
    }
    serde_json::from_slice(bytes).map_err(|source| explain(height, body, bytes, source))
}

fn explain(height: u64, body: Body, bytes: &[u8], source: serde_json::Error) -> DecodeError {
    let start = bytes.trim_ascii_start();
    if !start.is_empty() && start[0] != b'{' {
        let start = String::from_utf8_lossy(&start[..start.len().min(60)]).into_owned();
        return DecodeError::NotJson { height, body, start };
    }
    if source.is_eof() {
        return DecodeError::Truncated {
            height,
            body,
            bytes: bytes.len(),
        };
    }
    DecodeError::Shape { height, body, source }
}
