//! ClickHouse RowBinary, written by serde.
//!
//! One value after the other, without names or types: integers little-endian, `String` as a varint length
//! and bytes, `Nullable(T)` as a flag byte (1: null), `Array(T)` as a varint length and items, tuples and
//! fixed arrays bare. `Decimal(38, 18)` is its `i128` of 10⁻¹⁸ units, `DateTime64` its `i64` of ticks.
//! The encoder checks nothing against the table: column names come from the row type, types from a test
//! that reads every row type back.

mod compound;

use compound::Compound;
use serde::ser::{self, Serialize};

/// Why a value has no RowBinary form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The serde type has no counterpart in ClickHouse.
    #[error("{0} cannot be written as row binary, use an integer, a string or a tuple of them")]
    Unsupported(&'static str),
    /// A sequence that does not know its length.
    #[error("a sequence without a known length cannot be written as row binary, collect it first")]
    UnknownLength,
    /// The row serialised another number of columns than its type declares.
    #[error("a row of {table} has {got} values for {expected} columns, do not skip fields of a row type")]
    ColumnCount {
        /// Table of the row.
        table: &'static str,
        /// Columns that the type declares.
        expected: usize,
        /// Values that it serialised.
        got: usize,
    },
    /// Rows of one table with two kinds of identity.
    #[error("a row of {table} has another kind of identity than the rows before it, use one kind per table")]
    OtherIdentity {
        /// Table of the row.
        table: &'static str,
    },
    /// A single row is larger than any honest row.
    #[error("a row of {table} is {bytes} bytes long, the limit is {limit}")]
    TooLarge {
        /// Table of the row.
        table: &'static str,
        /// Length of the row.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// What the row's own `Serialize` reported.
    #[error("{0}")]
    Custom(String),
}

impl ser::Error for EncodeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }
}

/// Appends `value` to `out`. On an error `out` may hold a part of it.
pub fn encode<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    value.serialize(&mut Encoder {
        out,
        top_fields: None,
        depth: 0,
    })
}

/// As [`encode`], for a struct; returns the number of its fields.
pub(crate) fn encode_row<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<usize, EncodeError> {
    let mut encoder = Encoder {
        out,
        top_fields: None,
        depth: 0,
    };
    value.serialize(&mut encoder)?;
    Ok(encoder.top_fields.unwrap_or(1))
}

/// Appends `value` as ClickHouse's varint (LEB128).
pub fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a `String` value.
pub fn put_string(value: &[u8], out: &mut Vec<u8>) {
    put_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

/// The serializer: a sink, and how many fields the outermost struct had.
struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    top_fields: Option<usize>,
    depth: usize,
}

macro_rules! little_endian {
    ($($method:ident: $type:ty),* $(,)?) => {$(
        fn $method(self, value: $type) -> Result<(), EncodeError> {
            self.out.extend_from_slice(&value.to_le_bytes());
            Ok(())
        }
    )*};
}

impl<'e> ser::Serializer for &'e mut Encoder<'_> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Compound<'e>;
    type SerializeTuple = Compound<'e>;
    type SerializeTupleStruct = Compound<'e>;
    type SerializeTupleVariant = ser::Impossible<(), EncodeError>;
    type SerializeMap = Compound<'e>;
    type SerializeStruct = Compound<'e>;
    type SerializeStructVariant = ser::Impossible<(), EncodeError>;

    little_endian! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
        serialize_f32: f32, serialize_f64: f64,
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.serialize_u8(u8::from(value))
    }

    fn serialize_char(self, _: char) -> Result<(), EncodeError> {
        Err(EncodeError::Unsupported("char"))
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.serialize_bytes(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        put_string(value, self.out);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.out.push(1);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        self.out.push(0);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        Err(EncodeError::Unsupported("unit"))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EncodeError> {
        Err(EncodeError::Unsupported("unit struct"))
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), EncodeError> {
        Err(EncodeError::Unsupported("enum variant"))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), EncodeError> {
        Err(EncodeError::Unsupported("enum variant"))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, EncodeError> {
        let len = len.ok_or(EncodeError::UnknownLength)?;
        put_varint(len as u64, self.out);
        Ok(Compound::new(self.out, self.depth))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, EncodeError> {
        Ok(Compound::new(self.out, self.depth))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, EncodeError> {
        Ok(Compound::new(self.out, self.depth))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, EncodeError> {
        Err(EncodeError::Unsupported("enum variant"))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, EncodeError> {
        self.serialize_seq(len)
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Self::SerializeStruct, EncodeError> {
        if self.depth == 0 {
            self.top_fields = Some(len);
        }
        Ok(Compound::new(self.out, self.depth))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, EncodeError> {
        Err(EncodeError::Unsupported("enum variant"))
    }
}
