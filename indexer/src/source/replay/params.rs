//! Parameters of a call: from a query string, or from JSON-RPC by name or by position.

use std::collections::BTreeMap;

use serde_json::Value;

use super::node::RpcFailure;

/// Parameters by name, each as text.
#[derive(Debug, Default)]
pub(super) struct Params(BTreeMap<String, String>);

/// The order of a method's parameters, for calls by position.
fn positions(method: &str) -> &'static [&'static str] {
    match method {
        "blockchain" => &["minHeight", "maxHeight"],
        "genesis_chunked" => &["chunk"],
        "subscribe" | "unsubscribe" => &["query"],
        _ => &["height"],
    }
}

impl Params {
    /// From a query string; a value may stand in double quotes.
    pub(super) fn from_query(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let unquote = |v: String| {
            v.strip_prefix('"')
                .and_then(|v| v.strip_suffix('"'))
                .map(str::to_owned)
                .unwrap_or(v)
        };
        Self(pairs.into_iter().map(|(k, v)| (k, unquote(v))).collect())
    }

    /// From the `params` of a JSON-RPC call.
    pub(super) fn from_json(method: &str, params: &Value) -> Self {
        let text = |v: &Value| match v {
            Value::Null => None,
            Value::String(s) => Some(s.clone()),
            other => Some(other.to_string()),
        };
        let named: Vec<(&str, &Value)> = match params {
            Value::Object(map) => map.iter().map(|(k, v)| (k.as_str(), v)).collect(),
            Value::Array(list) => positions(method).iter().copied().zip(list).collect(),
            _ => Vec::new(),
        };
        Self(
            named
                .into_iter()
                .filter_map(|(k, v)| Some((k.to_owned(), text(v)?)))
                .collect(),
        )
    }

    /// A parameter as text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter as an integer; absent and empty are `None`.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, RpcFailure> {
        let Some(text) = self.text(name).filter(|t| !t.is_empty()) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            RpcFailure::params(format!(
                "error converting http params to arguments: invalid 64-bit integer encoding {text:?}, expected string"
            ))
        })
    }
}
