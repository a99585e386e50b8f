//! One query per table, and the JSON columns in it.

use crate::audit::error::{AuditError, TruthError};
use crate::audit::node::Node;
use clickhouse::{Client, Row, RowOwned, RowRead};
use serde_json::Value;
use std::collections::BTreeMap;

/// Whose rows are read, and as of which height.
pub(super) struct Reader<'a> {
    pub(super) client: &'a Client,
    pub(super) network: &'a str,
    pub(super) height: u64,
}

/// A row with its key and its place for errors.
pub(super) struct At<'a> {
    table: &'static str,
    height: u64,
    key: &'a str,
}

impl Reader<'_> {
    /// All rows of a view, by key, as objects.
    pub(super) async fn table<R, T>(
        &self,
        (table, sql): (&'static str, &str),
        key: impl Fn(&R) -> String,
        object: impl Fn(R, &At<'_>) -> Result<T, AuditError>,
    ) -> Result<BTreeMap<String, T>, AuditError>
    where
        R: Row + RowOwned + RowRead,
    {
        let query = self
            .client
            .query(sql)
            .param("network", self.network)
            .param("as_of", self.height);
        let rows = query.fetch_all::<R>().await.map_err(|source| AuditError::Query {
            table,
            height: self.height,
            source,
        })?;
        let mut objects = BTreeMap::new();
        for row in rows {
            let key = key(&row);
            let at = At {
                table,
                height: self.height,
                key: &key,
            };
            let object = object(row, &at)?;
            if objects.contains_key(&key) {
                return Err(at.error("the view gives more than one row"));
            }
            objects.insert(key, object);
        }
        Ok(objects)
    }
}

impl At<'_> {
    /// A stored value that is not what its column promises.
    pub(super) fn error(&self, what: impl Into<String>) -> AuditError {
        AuditError::Stored {
            table: self.table,
            height: self.height,
            key: self.key.to_owned(),
            what: what.into(),
        }
    }

    /// A JSON column; empty text is null.
    pub(super) fn json(&self, column: &str, text: &str) -> Result<Value, AuditError> {
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(text).map_err(|error| self.error(format!("column {column} is not JSON: {error}")))
    }

    /// A JSON list, read item by item.
    pub(super) fn list<T>(
        &self,
        column: &str,
        text: &str,
        one: impl Fn(&Node<'_>) -> Result<T, TruthError>,
    ) -> Result<Vec<T>, AuditError> {
        let value = self.json(column, text)?;
        let items = Node::root(column, &value).items();
        let read = items.and_then(|items| items.iter().map(one).collect());
        read.map_err(|error: TruthError| self.error(error.to_string()))
    }

    /// An amount that the rest of the program holds as `i128`.
    pub(super) fn signed(&self, amount: u128) -> Result<i128, AuditError> {
        i128::try_from(amount).map_err(|_| self.error(format!("amount {amount} is out of range")))
    }
}
