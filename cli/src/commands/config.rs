//! `gridproof config show`.

use crate::args::{ConfigAction, ConfigArgs};
use crate::config::{Loaded, origins};
use crate::exit::Outcome;
use crate::output;

/// Prints the configuration in force.
pub(crate) fn run(loaded: &Loaded, args: ConfigArgs, json: bool) -> Outcome {
    let ConfigAction::Show { origin } = args.action;
    match (origin, json) {
        (false, true) => output::json(&loaded.config),
        (false, false) => show(loaded),
        (true, true) => output::json(&origins(loaded)),
        (true, false) => {
            let rows = origins(loaded)
                .into_iter()
                .map(|o| vec![o.key, short(&o.value), o.origin]);
            output::text_line(&output::columns(&rows.collect::<Vec<_>>()))
        }
    }
}

/// One line per value.
fn show(loaded: &Loaded) -> Outcome {
    let rows = origins(loaded).into_iter().map(|o| vec![o.key, short(&o.value)]);
    output::text_line(&output::columns(&rows.collect::<Vec<_>>()))
}

/// A value on one line; lists of networks by their names.
fn short(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) => {
            let name = |item: &serde_json::Value| item.get("name").and_then(|n| n.as_str()).unwrap_or("?").to_owned();
            items.iter().map(name).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
