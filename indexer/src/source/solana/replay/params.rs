//! Parameters of a call, with a node's refusals of those that make no sense.

use serde_json::Value;

use super::account::{Encoding, Slice};
use super::error::RpcError;

/// How settled an answer has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commitment {
    Processed,
    Confirmed,
    Finalized,
}

/// Positional parameters of a call.
#[derive(Clone, Copy)]
pub(super) struct Params<'a>(&'a [Value]);

/// Bytes of an address.
const ADDRESS_BYTES: usize = 32;
/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;

impl<'a> Params<'a> {
    /// The `params` of a call: a list, or nothing.
    pub(super) fn new(params: Option<&'a Value>) -> Result<Self, RpcError> {
        match params {
            None | Some(Value::Null) => Ok(Self(&[])),
            Some(Value::Array(list)) => Ok(Self(list)),
            Some(_) => Err(RpcError::params(
                "`params` should be an array, but got Map or a single value",
            )),
        }
    }

    /// All of them.
    pub(super) fn all(self) -> &'a [Value] {
        self.0
    }

    /// Refuses calls with more parameters than the method takes.
    pub(super) fn at_most(self, count: usize) -> Result<(), RpcError> {
        if self.0.len() > count {
            let got = self.0.len();
            return Err(RpcError::params(format!(
                "Invalid parameters: Expected from 0 to {count} parameters.: {got} given"
            )));
        }
        Ok(())
    }

    fn get(self, index: usize) -> Result<&'a Value, RpcError> {
        let needed = index + 1;
        let value = self.0.get(index);
        value.ok_or_else(|| RpcError::params(format!("`params` should have at least {needed} argument(s)")))
    }

    fn text(self, index: usize) -> Result<&'a str, RpcError> {
        let value = self.get(index)?;
        value.as_str().ok_or_else(|| wrong_type(value, "a string"))
    }

    pub(super) fn number(self, index: usize) -> Result<u64, RpcError> {
        let value = self.get(index)?;
        value.as_u64().ok_or_else(|| wrong_type(value, "u64"))
    }

    /// A number where there is one; an object in its place is the configuration.
    pub(super) fn number_if_any(self, index: usize) -> Result<Option<u64>, RpcError> {
        match self.0.get(index) {
            None | Some(Value::Null | Value::Object(_)) => Ok(None),
            Some(_) => self.number(index).map(Some),
        }
    }

    pub(super) fn address(self, index: usize) -> Result<&'a str, RpcError> {
        checked(self.text(index)?, ADDRESS_BYTES)
    }

    pub(super) fn addresses(self, index: usize, most: usize) -> Result<Vec<&'a str>, RpcError> {
        let value = self.get(index)?;
        let list = value.as_array().ok_or_else(|| wrong_type(value, "a sequence"))?;
        if list.len() > most {
            return Err(RpcError::params(format!("Too many inputs provided; max {most}")));
        }
        let one = |value: &'a Value| {
            let text = value.as_str().ok_or_else(|| wrong_type(value, "a string"))?;
            checked(text, ADDRESS_BYTES)
        };
        list.iter().map(one).collect()
    }

    pub(super) fn signature(self, index: usize) -> Result<&'a str, RpcError> {
        checked(self.text(index)?, SIGNATURE_BYTES)
    }

    /// The configuration object at `index`; a text there is an encoding, as older clients send it.
    pub(super) fn options(self, index: usize) -> Result<Options<'a>, RpcError> {
        match self.0.get(index) {
            None | Some(Value::Null) => Ok(Options(None)),
            Some(value @ (Value::Object(_) | Value::String(_))) => Ok(Options(Some(value))),
            Some(other) => Err(wrong_type(other, "a configuration object")),
        }
    }

    /// The first configuration object among the parameters from `index` on.
    pub(super) fn options_from(self, index: usize) -> Result<Options<'a>, RpcError> {
        let found = (index..self.0.len()).find(|at| self.0[*at].is_object());
        self.options(found.unwrap_or(index.max(self.0.len())))
    }
}

/// A configuration object. Members that nobody knows are ignored, as nodes do.
#[derive(Clone, Copy)]
pub(super) struct Options<'a>(Option<&'a Value>);

impl<'a> Options<'a> {
    fn get(self, name: &str) -> Option<&'a Value> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn number(self, name: &str) -> Result<Option<u64>, RpcError> {
        let number = |value: &Value| value.as_u64().ok_or_else(|| wrong_type(value, "u64"));
        self.get(name).map(number).transpose()
    }

    pub(super) fn text(self, name: &str) -> Result<Option<&'a str>, RpcError> {
        let text = |value: &'a Value| value.as_str().ok_or_else(|| wrong_type(value, "a string"));
        self.get(name).map(text).transpose()
    }

    pub(super) fn flag(self, name: &str) -> Result<bool, RpcError> {
        let flag = |value: &Value| value.as_bool().ok_or_else(|| wrong_type(value, "a boolean"));
        Ok(self.get(name).map(flag).transpose()?.unwrap_or(false))
    }

    pub(super) fn list(self, name: &str) -> Result<&'a [Value], RpcError> {
        let list = |value: &'a Value| value.as_array().ok_or_else(|| wrong_type(value, "a sequence"));
        Ok(self.get(name).map(list).transpose()?.map_or(&[], Vec::as_slice))
    }

    pub(super) fn signature(self, name: &str) -> Result<Option<&'a str>, RpcError> {
        let text = self.text(name)?;
        text.map(|text| checked(text, SIGNATURE_BYTES)).transpose()
    }

    pub(super) fn address(self, name: &str) -> Result<Option<&'a str>, RpcError> {
        let text = self.text(name)?;
        text.map(|text| checked(text, ADDRESS_BYTES)).transpose()
    }

    /// Where none is named, nodes mean `finalized`.
    pub(super) fn commitment(self) -> Result<Commitment, RpcError> {
        match self.text("commitment")? {
            None | Some("finalized" | "max" | "root") => Ok(Commitment::Finalized),
            Some("confirmed" | "single" | "singleGossip") => Ok(Commitment::Confirmed),
            Some("processed" | "recent") => Ok(Commitment::Processed),
            Some(other) => Err(RpcError::params(format!(
                "Invalid params: unknown variant `{other}`, expected one of `processed`, `confirmed`, `finalized`."
            ))),
        }
    }

    /// For methods that answer about blocks.
    pub(super) fn settled(self) -> Result<Commitment, RpcError> {
        match self.commitment()? {
            Commitment::Processed => Err(RpcError::params("Method does not support commitment below `confirmed`")),
            settled => Ok(settled),
        }
    }

    /// Encoding of a transaction or block.
    pub(super) fn wire(self) -> Result<&'a str, RpcError> {
        let encoding = match self.0 {
            Some(Value::String(encoding)) => encoding,
            _ => self.text("encoding")?.unwrap_or("json"),
        };
        match encoding {
            "json" | "jsonParsed" | "base64" | "base58" => Ok(encoding),
            other => Err(unknown_encoding(other)),
        }
    }

    /// Encoding of an account.
    pub(super) fn encoding(self) -> Result<Encoding, RpcError> {
        match self.text("encoding")? {
            None | Some("binary") => Ok(Encoding::Binary),
            Some("base58") => Ok(Encoding::Base58),
            Some("base64") => Ok(Encoding::Base64),
            Some("base64+zstd") => Ok(Encoding::Base64Zstd),
            Some("jsonParsed") => Ok(Encoding::JsonParsed),
            Some(other) => Err(unknown_encoding(other)),
        }
    }

    /// The part of the bytes that is wanted.
    pub(super) fn slice(self) -> Result<Option<Slice>, RpcError> {
        let Some(slice) = self.get("dataSlice") else {
            return Ok(None);
        };
        let options = Options(Some(slice));
        let part = |name: &str| -> Result<usize, RpcError> {
            let number = options.number(name)?;
            let number = number.ok_or_else(|| RpcError::params(format!("Invalid params: missing field `{name}`.")))?;
            Ok(usize::try_from(number).unwrap_or(usize::MAX))
        };
        Ok(Some(Slice {
            offset: part("offset")?,
            length: part("length")?,
        }))
    }

    /// The configuration as an object within it.
    pub(super) fn of(value: &'a Value) -> Self {
        Self(Some(value))
    }
}

/// Text in base58 of so many bytes.
fn checked(text: &str, bytes: usize) -> Result<&str, RpcError> {
    // Base58 needs at most 1.37 characters a byte; longer texts are not worth reading.
    if text.len() > bytes * 3 / 2 {
        return Err(RpcError::params("Invalid param: WrongSize"));
    }
    match bs58::decode(text).into_vec() {
        Err(_) => Err(RpcError::params("Invalid param: Invalid")),
        Ok(decoded) if decoded.len() != bytes => Err(RpcError::params("Invalid param: WrongSize")),
        Ok(_) => Ok(text),
    }
}

fn wrong_type(value: &Value, expected: &str) -> RpcError {
    let got = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "sequence",
        Value::Object(_) => "map",
    };
    RpcError::params(format!("Invalid params: invalid type: {got}, expected {expected}."))
}

fn unknown_encoding(encoding: &str) -> RpcError {
    RpcError::params(format!("Invalid params: unknown variant `{encoding}` for an encoding."))
}
