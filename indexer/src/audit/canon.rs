//! One text for equal JSON: nulls, empty texts and empty lists are dropped, numbers become text, keys are sorted.
//!
//! Eras and producers differ in whether they print a default; the value is the same.

use serde_json::Value;
use std::fmt::Write;

/// Text of an absent or empty value.
pub(super) const NONE: &str = "none";

/// The canonical text of a value; [`NONE`] if nothing is left of it.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    if !write_value(value, &mut text) {
        NONE.clone_into(&mut text);
    }
    text
}

/// Appends the value; false if it is empty and nothing was appended. The depth is bounded by the JSON
/// parser (128 levels).
fn write_value(value: &Value, text: &mut String) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => write!(text, "{flag}").is_ok(),
        Value::Number(number) => write!(text, "{:?}", number.to_string()).is_ok(),
        Value::String(content) => !content.is_empty() && write!(text, "{content:?}").is_ok(),
        Value::Array(items) => write_list(items, text),
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            write_all(text, ('{', '}'), names.into_iter(), |name, text| {
                let start = text.len();
                let _ = write!(text, "{name:?}:");
                let kept = write_value(&fields[name], text);
                if !kept {
                    text.truncate(start);
                }
                kept
            })
        }
    }
}

/// A list keeps its length: an empty item in it is written as [`NONE`].
fn write_list(items: &[Value], text: &mut String) -> bool {
    write_all(text, ('[', ']'), items.iter(), |item, text| {
        if !write_value(item, text) {
            text.push_str(NONE);
        }
        true
    })
}

fn write_all<T>(
    text: &mut String,
    (open, close): (char, char),
    items: impl Iterator<Item = T>,
    mut one: impl FnMut(T, &mut String) -> bool,
) -> bool {
    let start = text.len();
    text.push(open);
    let mut any = false;
    for item in items {
        let before = text.len();
        if any {
            text.push(',');
        }
        if one(item, text) {
            any = true;
        } else {
            text.truncate(before);
        }
    }
    text.push(close);
    if !any {
        text.truncate(start);
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn order_defaults_and_number_form_do_not_matter() {
        let one = json!({"b": 1, "a": {"x": "2", "y": null, "z": []}, "c": ""});
        let other = json!({"a": {"x": 2}, "b": "1"});
        assert_eq!(canonical(&one), canonical(&other));
        assert_eq!(canonical(&one), r#"{"a":{"x":"2"},"b":"1"}"#);
    }

    #[test]
    fn values_lengths_and_nesting_do_matter() {
        assert_ne!(canonical(&json!([1, 2])), canonical(&json!([2, 1])));
        assert_ne!(canonical(&json!([{}, {}])), canonical(&json!([{}])));
        assert_ne!(canonical(&json!({"a": "1"})), canonical(&json!({"a": "10"})));
        assert_ne!(canonical(&json!("a\",\"b")), canonical(&json!(["a", "b"])));
    }

    #[test]
    fn nothing_is_none() {
        for empty in [json!(null), json!([]), json!({}), json!({"a": null}), json!("")] {
            assert_eq!(canonical(&empty), NONE);
        }
    }
}
