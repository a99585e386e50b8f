//! A JSON value with its path: what is wrong with a truth file is said with the place.

use super::error::TruthError;
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Coin, DecCoin};
use serde_json::Value;

/// A value and where it stands.
#[derive(Clone)]
pub(super) struct Node<'a> {
    value: &'a Value,
    file: &'a str,
    path: String,
}

type Read<T> = Result<T, TruthError>;

impl<'a> Node<'a> {
    /// The whole document of a file.
    pub(super) fn root(file: &'a str, value: &'a Value) -> Self {
        Self {
            value,
            file,
            path: String::new(),
        }
    }

    /// The raw value.
    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// A shape error at this place.
    pub(super) fn error(&self, what: impl Into<String>) -> TruthError {
        TruthError::Shape {
            file: self.file.to_owned(),
            path: if self.path.is_empty() {
                ".".to_owned()
            } else {
                self.path.clone()
            },
            what: what.into(),
        }
    }

    /// A field, if the object has it; `null` counts as absent.
    pub(super) fn find(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Self {
            value,
            file: self.file,
            path: format!("{}.{name}", self.path),
        })
    }

    /// Whether the object prints the field, `null` included.
    pub(super) fn prints(&self, name: &str) -> bool {
        self.value.get(name).is_some()
    }

    /// A field that must be there.
    pub(super) fn get(&self, name: &str) -> Read<Self> {
        self.find(name)
            .ok_or_else(|| self.error(format!("field {name:?} is missing")))
    }

    /// The first of several names that the eras use for one field.
    pub(super) fn one_of(&self, names: &[&str]) -> Read<Self> {
        let found = names.iter().find_map(|name| self.find(name));
        found.ok_or_else(|| self.error(format!("none of the fields {names:?} is there")))
    }

    /// Items of a list.
    pub(super) fn items(&self) -> Read<Vec<Self>> {
        let items = self.value.as_array().ok_or_else(|| self.error("not a list"))?;
        let item = |(index, value): (usize, &'a Value)| Self {
            value,
            file: self.file,
            path: format!("{}[{index}]", self.path),
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// Fields of an object with their names.
    pub(super) fn fields(&self) -> Read<Vec<(String, Self)>> {
        let fields = self.value.as_object().ok_or_else(|| self.error("not an object"))?;
        let field = |(name, value): (&String, &'a Value)| {
            let path = format!("{}.{name}", self.path);
            let file = self.file;
            (name.clone(), Self { value, file, path })
        };
        Ok(fields.iter().map(field).collect())
    }

    /// Text.
    pub(super) fn text(&self) -> Read<String> {
        let text = self.value.as_str().map(str::to_owned);
        text.ok_or_else(|| self.error("not a text"))
    }

    /// Text, or a number as text (enums print numbers that they do not know).
    pub(super) fn name(&self) -> Read<String> {
        match self.value {
            Value::Number(number) => Ok(number.to_string()),
            _ => self.text(),
        }
    }

    /// A whole number, printed as text or as a number.
    pub(super) fn integer<T: std::str::FromStr>(&self) -> Read<T> {
        let digits = self.name()?;
        digits
            .parse()
            .map_err(|_| self.error(format!("not a whole number that fits: {digits:?}")))
    }

    /// A decimal in text form.
    pub(super) fn dec(&self) -> Read<Dec> {
        self.text()?.parse().map_err(|error| self.error(format!("{error}")))
    }

    /// A coin with a decimal amount.
    pub(super) fn dec_coin(&self) -> Read<DecCoin> {
        Ok(DecCoin {
            denom: self.get("denom")?.text()?,
            amount: self.get("amount")?.dec()?,
        })
    }

    /// A coin with a whole amount.
    pub(super) fn coin(&self) -> Read<Coin> {
        Ok(Coin {
            denom: self.get("denom")?.text()?,
            amount: self.get("amount")?.integer()?,
        })
    }

    /// A list read item by item; an absent or `null` field is an empty one.
    pub(super) fn list<T>(&self, name: &str, one: impl Fn(&Self) -> Read<T>) -> Read<Vec<T>> {
        match self.find(name) {
            Some(list) => list.items()?.iter().map(one).collect(),
            None => Ok(Vec::new()),
        }
    }
}
