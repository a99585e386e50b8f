//! Protobuf messages as what they are on the wire: numbered fields. For answers whose meaning is somebody else's.

/// A field's value. Groups do not exist any more and are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Wire<'a> {
    /// An integer, an enumeration or a truth value.
    Varint(u64),
    /// Eight bytes.
    Fixed64(u64),
    /// Text, bytes or a message.
    Bytes(&'a [u8]),
    /// Four bytes.
    Fixed32(u32),
}

/// The bytes are no protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::source) enum WireError {
    /// It ends within a field.
    #[error("it ends in the middle of a field")]
    Truncated,
    /// A field that cannot be.
    #[error("it has a field that cannot be")]
    Malformed,
}

/// The fields of a message, in their order. Ends after the first error.
pub(in crate::source) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(in crate::source) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(WireError::Truncated)?;
            self.rest = rest;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(WireError::Malformed)
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], WireError> {
        let count = usize::try_from(count).map_err(|_| WireError::Truncated)?;
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn field(&mut self) -> Result<(u32, Wire<'a>), WireError> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).map_err(|_| WireError::Malformed)?;
        if number == 0 || number >= 1 << 29 {
            return Err(WireError::Malformed);
        }
        let value = match tag & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => Wire::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = self.varint()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => Wire::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(WireError::Malformed),
        };
        Ok((number, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Wire<'a>), WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// The last value of a field of bytes, as protobuf has it: a later one wins. `None`: there is none.
pub(in crate::source) fn bytes_of(message: &[u8], number: u32) -> Result<Option<&[u8]>, WireError> {
    let mut found = None;
    for field in Fields::of(message) {
        match field? {
            (n, Wire::Bytes(value)) if n == number => found = Some(value),
            _ => {}
        }
    }
    Ok(found)
}

/// The last value of an integer field, 0 where there is none.
pub(in crate::source) fn integer_of(message: &[u8], number: u32) -> Result<u64, WireError> {
    let mut found = 0;
    for field in Fields::of(message) {
        match field? {
            (n, Wire::Varint(value)) if n == number => found = value,
            _ => {}
        }
    }
    Ok(found)
}

/// Appends a varint.
pub(in crate::source) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a field of bytes, also an empty one.
pub(in crate::source) fn put_bytes(out: &mut Vec<u8>, number: u32, value: &[u8]) {
    put_varint(out, u64::from(number) << 3 | 2);
    put_varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

/// Appends an integer field; 0 is left out, as proto3 has it.
pub(in crate::source) fn put_integer(out: &mut Vec<u8>, number: u32, value: u64) {
    if value != 0 {
        put_varint(out, u64::from(number) << 3);
        put_varint(out, value);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use prost::Message;

    #[derive(Clone, PartialEq, Message)]
    struct Sample {
        #[prost(uint64, tag = "1")]
        number: u64,
        #[prost(string, tag = "2")]
        text: String,
        #[prost(fixed32, tag = "3")]
        four: u32,
        #[prost(fixed64, tag = "1000")]
        eight: u64,
    }

    #[test]
    fn what_another_library_wrote_is_read_field_by_field() {
        let sample = Sample {
            number: u64::MAX,
            text: "lease".to_owned(),
            four: 7,
            eight: 9,
        };
        let bytes = sample.encode_to_vec();
        let fields: Vec<_> = Fields::of(&bytes).map(Result::unwrap).collect();
        let expected = [
            (1, Wire::Varint(u64::MAX)),
            (2, Wire::Bytes(b"lease")),
            (3, Wire::Fixed32(7)),
            (1000, Wire::Fixed64(9)),
        ];
        assert_eq!(fields, expected);
        assert_eq!(bytes_of(&bytes, 2).unwrap(), Some(b"lease".as_slice()));
        assert_eq!(integer_of(&bytes, 1).unwrap(), u64::MAX);
    }

    #[test]
    fn what_is_written_is_read_by_another_library() {
        let mut out = Vec::new();
        put_integer(&mut out, 1, 300);
        put_bytes(&mut out, 2, b"lease");
        let read = Sample::decode(out.as_slice()).unwrap();
        assert_eq!((read.number, read.text.as_str()), (300, "lease"));
    }

    #[test]
    fn a_message_cut_within_a_field_is_no_message() {
        let mut out = Vec::new();
        put_bytes(&mut out, 2, b"lease");
        for end in 1..out.len() {
            assert_eq!(bytes_of(&out[..end], 2), Err(WireError::Truncated), "{end} bytes");
        }
        let endless = [0x80; 11];
        assert_eq!(integer_of(&endless, 1), Err(WireError::Malformed));
        assert_eq!(integer_of(&[0x00, 0x01], 1), Err(WireError::Malformed), "field 0");
        assert_eq!(integer_of(&[0x0b], 1), Err(WireError::Malformed), "a group");
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let fields = Fields::of(&bytes).count();
            prop_assert!(fields <= bytes.len());
        }
    }
}
