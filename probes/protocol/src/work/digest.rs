//! The digest of an exact product: the same on every correct GPU and on the CPU.

use super::exact::Returned;
use sha2::{Digest, Sha256};

/// SHA-256 of the elements as little-endian i32, row-major, lower-case hex; `None` when one of them is no whole number
/// of that range, so was not computed or is wrong.
pub fn digest(returned: Returned<'_>) -> Option<String> {
    let mut hash = Sha256::new();
    let mut buffer = [0_u8; 4096];
    let mut at = 0;
    while at < returned.len() {
        let count = (buffer.len() / 4).min(returned.len() - at);
        for (offset, bytes) in buffer.chunks_exact_mut(4).take(count).enumerate() {
            bytes.copy_from_slice(&returned.get(at + offset)?.to_le_bytes());
        }
        hash.update(&buffer[..count * 4]);
        at += count;
    }
    Some(hex::encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_sha256_of_the_little_endian_words_whatever_the_format() {
        let ints = [1, -2, 16_777_215];
        let bytes: Vec<u8> = ints.iter().flat_map(|value: &i32| value.to_le_bytes()).collect();
        let expected = hex::encode(Sha256::digest(&bytes));
        assert_eq!(digest(Returned::Int32(&ints)).as_deref(), Some(expected.as_str()));
        assert_eq!(
            digest(Returned::Fp32(&ints.map(|v| v as f32))).as_deref(),
            Some(expected.as_str())
        );
        assert_eq!(
            digest(Returned::Fp64(&ints.map(f64::from))).as_deref(),
            Some(expected.as_str())
        );
    }

    #[test]
    fn long_products_are_hashed_whole_and_poison_has_no_digest() {
        let mut values = vec![7_i32; 3000];
        let all = digest(Returned::Int32(&values));
        values[2999] = 8;
        assert_ne!(digest(Returned::Int32(&values)), all);
        assert_eq!(digest(Returned::Fp32(&[1.0, f32::NAN])), None);
    }
}
