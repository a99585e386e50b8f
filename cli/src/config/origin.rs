//! Where each value came from, for `config show --origin`.

use super::load::Loaded;
use figment::Source;
use serde::Serialize;

/// A key, its value and the layer that set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Origin {
    /// Dotted path of the key.
    pub(crate) key: String,
    /// Value as JSON.
    pub(crate) value: serde_json::Value,
    /// `default`, `file PATH`, `environment NAME` or `flag`.
    pub(crate) origin: String,
}

/// All keys with their origins, in the order of the configuration.
pub(crate) fn origins(loaded: &Loaded) -> Vec<Origin> {
    let mut found = Vec::new();
    let value = serde_json::to_value(&loaded.config).unwrap_or_default();
    walk(loaded, String::new(), &value, &mut found);
    found
}

/// Depth first; lists of networks count as one value each.
fn walk(loaded: &Loaded, key: String, value: &serde_json::Value, found: &mut Vec<Origin>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, inner) in fields {
                let path = if key.is_empty() {
                    name.clone()
                } else {
                    format!("{key}.{name}")
                };
                walk(loaded, path, inner, found);
            }
        }
        value => found.push(Origin {
            origin: origin_of(loaded, &key),
            key,
            value: value.clone(),
        }),
    }
}

/// Names the layer.
fn origin_of(loaded: &Loaded, key: &str) -> String {
    let Some(metadata) = loaded.figment.find_metadata(key) else {
        return "default".into();
    };
    match &metadata.source {
        Some(Source::File(path)) => format!("file {}", path.display()),
        _ if metadata.name == "flag" => "flag".into(),
        _ if metadata.name.contains("environment") => {
            format!(
                "environment {}{}",
                super::load::ENV_PREFIX,
                key.to_uppercase().replace('.', "__")
            )
        }
        _ => "default".into(),
    }
}
