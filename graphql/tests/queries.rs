//! The example operations of `docs/queries` are what clients copy: every one answers, on the real schema and engine.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use support::{RENDER, WHOLE, World};

/// The network that the variables of operations about Render name.
const RENDER_RECORDING: &str = "rec-local-world-1";

fn folder() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/queries")).to_owned()
}

/// The operations with their names, in order.
fn operations() -> Vec<(String, String)> {
    let paths = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<(String, String)> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "graphql"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    found.sort();
    found
}

/// The variables beside an operation, with those that name a place moved into the world of the tests.
fn variables(name: &str, lease: &str) -> Value {
    let Ok(text) = std::fs::read(folder().join(format!("{name}.json"))) else {
        return json!({});
    };
    let mut variables: Value = serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{name}.json: {error}"));
    let network = if variables["network"] == RENDER_RECORDING {
        RENDER
    } else {
        WHOLE
    };
    for (key, here) in [("network", json!(network)), ("asOf", json!(200)), ("id", json!(lease))] {
        if variables.get(key).is_some() {
            variables[key] = here;
        }
    }
    variables
}

/// A root field is null, or a list directly under it is empty, or no point of a series has a value.
fn emptiness(data: &Value) -> Option<String> {
    for (root, answer) in data.as_object().unwrap() {
        let lists: Vec<(&str, &Value)> = match answer {
            Value::Null => return Some(format!("{root} is null")),
            Value::Array(_) => vec![(root, answer)],
            other => {
                let fields = other.as_object().unwrap().iter();
                fields.map(|(name, value)| (name.as_str(), value)).collect()
            }
        };
        for (name, list) in lists {
            if list.as_array().is_some_and(Vec::is_empty) {
                return Some(format!("{root}: {name} is empty"));
            }
            if name == "points" && list.as_array().unwrap().iter().all(without_value) {
                return Some(format!("{root}: no point has a value"));
            }
        }
    }
    None
}

fn without_value(point: &Value) -> bool {
    let numbers = ["value", "totals"].map(|field| point.get(field).unwrap_or(&Value::Null));
    numbers
        .iter()
        .all(|value| value.is_null() || value.as_array().is_some_and(Vec::is_empty))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_operation_answers_with_rows() {
    let world = World::start().await;
    let page = world
        .data(&format!(
            r#"{{ leases(network: "{WHOLE}", first: 1) {{ edges {{ node {{ id }} }} }} }}"#
        ))
        .await;
    let lease = page["leases"]["edges"][0]["node"]["id"].as_str().unwrap();
    let operations = operations();
    assert!(operations.len() >= 18, "{} operations", operations.len());
    for (name, text) in &operations {
        let answer = world.answer(text, variables(name, lease)).await;
        assert!(answer.get("errors").is_none(), "{name}: {answer:#}");
        let empty = emptiness(&answer["data"]);
        assert!(empty.is_none(), "{name}: {}\n{answer:#}", empty.unwrap());
    }
}

#[test]
fn emptiness_is_seen() {
    let cases = [
        json!({"lease": null}),
        json!({"metrics": []}),
        json!({"leases": {"totalCount": 0, "edges": []}}),
        json!({"activeLeases": {"points": [{"time": "x", "value": null}]}}),
        json!({"revenue": {"points": [{"time": "x", "totals": []}]}}),
    ];
    for case in cases {
        assert!(emptiness(&case).is_some(), "{case}");
    }
    assert!(emptiness(&json!({"activeLeases": {"points": [{"value": null}, {"value": 0}]}})).is_none());
}

#[test]
fn each_operation_says_what_it_answers_and_is_listed() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for (name, text) in operations() {
        let first = text.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("# ") && first.len() > 20,
            "{name}: the first line must say what it answers"
        );
        assert!(
            readme.contains(&format!("| `{name}.graphql` |")),
            "README.md does not list {name}"
        );
    }
    let listed = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once(".graphql` |"));
    for (name, _) in listed {
        assert!(
            folder().join(format!("{name}.graphql")).is_file(),
            "README.md lists {name}, which is not there"
        );
    }
}
