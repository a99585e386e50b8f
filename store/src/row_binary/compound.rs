//! Sequences, tuples, structs and maps: their items, bare.

use super::{EncodeError, Encoder};
use serde::ser::{self, Serialize};

/// Writes the items of anything that has items; the length, where there is one, is already written.
pub(super) struct Compound<'e> {
    out: &'e mut Vec<u8>,
    depth: usize,
}

impl<'e> Compound<'e> {
    /// Items of something that stands `depth` levels below the row.
    pub(super) fn new(out: &'e mut Vec<u8>, depth: usize) -> Self {
        Self { out, depth: depth + 1 }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(&mut Encoder {
            out: self.out,
            top_fields: None,
            depth: self.depth,
        })
    }
}

macro_rules! items {
    ($($trait:ident :: $method:ident ( $($name:ident)? )),* $(,)?) => {$(
        impl ser::$trait for Compound<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Result<(), EncodeError> {
                self.item(value)
            }

            fn end(self) -> Result<(), EncodeError> {
                Ok(())
            }
        }
    )*};
}

items! {
    SerializeSeq::serialize_element(),
    SerializeTuple::serialize_element(),
    SerializeTupleStruct::serialize_field(),
    SerializeStruct::serialize_field(_name),
}

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.item(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.item(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        Ok(())
    }
}
