//! Base58, as Solana writes addresses, signatures and instruction data.

/// Bytes of an address.
pub(crate) const ADDRESS_BYTES: usize = 32;
/// Bytes of a signature.
pub(crate) const SIGNATURE_BYTES: usize = 64;
/// Most characters that 32 bytes take in base58.
const MAX_ADDRESS_CHARS: usize = 44;
/// Most characters that 64 bytes take in base58.
const MAX_SIGNATURE_CHARS: usize = 88;

/// Whether `text` is 32 bytes in base58.
pub(crate) fn is_address(text: &str) -> bool {
    text.len() <= MAX_ADDRESS_CHARS && decodes_to::<ADDRESS_BYTES>(text)
}

/// Whether `text` is 64 bytes in base58.
pub(crate) fn is_signature(text: &str) -> bool {
    text.len() <= MAX_SIGNATURE_CHARS && decodes_to::<SIGNATURE_BYTES>(text)
}

fn decodes_to<const N: usize>(text: &str) -> bool {
    let mut bytes = [0; N];
    bs58::decode(text).onto(&mut bytes) == Ok(N)
}

/// Bytes as base58.
pub(crate) fn base58(bytes: &[u8]) -> String {
    bs58::encode(bytes).into_string()
}
