//! Addresses and signatures of Solana that callers write: checked, never changed. Pure.

use crate::schema::error::{ApiError, printable};

/// The alphabet of base58: no `0`, `O`, `I`, `l`.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Bytes of an account's address.
const ACCOUNT_BYTES: usize = 32;
/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;

/// An account's address exactly as the caller wrote it, or why it is none. `name` is the argument.
pub(crate) fn account(name: &str, text: &str) -> Result<String, ApiError> {
    checked(name, text, ACCOUNT_BYTES)
}

/// A transaction's signature exactly as the caller wrote it, or why it is none. `name` is the argument.
pub(crate) fn signature(name: &str, text: &str) -> Result<String, ApiError> {
    checked(name, text, SIGNATURE_BYTES)
}

fn checked(name: &str, text: &str, bytes: usize) -> Result<String, ApiError> {
    let refused = |why: String| {
        ApiError::BadInput(format!(
            "`{name}` must be base58 of {bytes} bytes: {why}; base58 tells upper case from lower case, so give it exactly as \
             the chain writes it"
        ))
    };
    // A byte gives at most 1.37 characters; anything longer is not worth the arithmetic.
    if text.is_empty() || text.len() > bytes * 2 {
        return Err(refused(format!("it has {} characters", text.len())));
    }
    if let Some(strange) = text.chars().find(|c| !c.is_ascii() || !ALPHABET.contains(&(*c as u8))) {
        return Err(refused(format!("it contains {:?}", printable(&strange.to_string()))));
    }
    match decoded_length(text) {
        length if length == bytes => Ok(text.to_owned()),
        length => Err(refused(format!("it is one of {length} bytes"))),
    }
}

/// How many bytes a text of the alphabet stands for.
fn decoded_length(text: &str) -> usize {
    let mut little_endian: Vec<u8> = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == byte).unwrap_or(0);
        let mut carry = u32::try_from(digit).unwrap_or(0);
        for place in &mut little_endian {
            carry += u32::from(*place) * 58;
            *place = (carry & 0xff) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            little_endian.push((carry & 0xff) as u8);
            carry >>= 8;
        }
    }
    // Each leading `1` is a byte of zero.
    little_endian.len() + text.bytes().take_while(|byte| *byte == b'1').count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const BURN: &str = "rbrnm7nPhfhBxPSh8qhRFrhB5MLnJGMNoyNQPvSi7vq";

    #[test]
    fn an_address_comes_back_as_it_was_written() {
        for text in [
            BURN,
            "11111111111111111111111111111111",
            "GqE7wcwRw86xxMz4pNq5cV3BkM64h3bvajQRQbigYqTX",
        ] {
            assert_eq!(account("account", text).unwrap(), text);
        }
        let wire = "eXm57tLf484vf1AUiVHZGnVR2Ya4gykH6gAh4iAtoaeDwzMpim6uXR2xvWvoAsdsST9ozG7Pfi626uyipDNU7bm";
        assert_eq!(signature("signature", wire).unwrap(), wire);
    }

    #[test]
    fn anything_else_is_refused() {
        let upper = BURN.to_uppercase();
        for text in [
            "",
            "0",
            "l",
            "O0Il",
            &upper,
            "rbrnm7",
            &BURN[1..],
            "é",
            "a\0b",
            &"1".repeat(33),
            &"z".repeat(44),
            &"2".repeat(5_000),
            "' OR 1=1 --",
            "0x00000000000000000000000000000000000000",
        ] {
            let ApiError::BadInput(why) = account("account", text).unwrap_err() else {
                panic!("{text}")
            };
            assert!(why.contains("`account` must be base58 of 32 bytes"), "{why}");
        }
        assert!(signature("signature", BURN).is_err());
    }
}
