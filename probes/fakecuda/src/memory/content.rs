//! What a range of memory holds: bytes, or the rule that gives them.

use crate::kernel::product::Product;
use gridproof_probe_protocol::work::{
    formats::Format,
    generate::{fill_integer_bytes, fill_normal},
    linear,
    mix64::mix64,
};
use std::sync::Arc;

/// Byte of memory that nobody wrote.
pub const GARBAGE: u8 = 0xcb;

/// Rule of a range. Origins are the address of the rule's element 0 and may lie outside of the range.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Content {
    /// Stored bytes; element 0 is the first of the vector.
    Bytes(Arc<Vec<u8>>),
    /// The same word of four bytes again and again.
    Repeat([u8; 4]),
    /// u64 word i = mix64(first + i).
    Mixed { first: u64 },
    /// `gp_linear_fill`.
    Linear { seed: u32, first: u64 },
    /// `gp_fill_normal`.
    Normal { key: u64, matrix: u32, format: Format },
    /// `gp_fill_integers`.
    Integers {
        key: u64,
        matrix: u32,
        format: Format,
        hi: i32,
    },
    /// `gp_ring`: one u32 a line of 128 bytes; the rest of the line is whatever.
    Ring { lines: u32, a: u32, c: u32 },
    /// Result of a matrix product, computed when it is read.
    Product(Arc<Product>),
    /// Result that this driver does not model.
    Opaque(&'static str),
}

impl Content {
    /// Writes the bytes from offset `from` on (relative to element 0). `Err` says why they are not known.
    pub fn read(&self, from: u64, out: &mut [u8]) -> Result<(), String> {
        match self {
            Self::Bytes(bytes) => {
                let start = usize::try_from(from).map_err(|_| "offset".to_owned())?;
                out.copy_from_slice(&bytes[start..start + out.len()]);
            }
            Self::Repeat(word) => {
                for (i, byte) in out.iter_mut().enumerate() {
                    *byte = word[(from as usize + i) % 4];
                }
            }
            Self::Mixed { first } => by_element(8, from, out, |element, slot| {
                slot.copy_from_slice(&mix64(first.wrapping_add(element)).to_le_bytes());
            }),
            Self::Linear { seed, first } => by_element(4, from, out, |element, slot| {
                slot.copy_from_slice(&linear::word(*seed, *first, element).to_le_bytes());
            }),
            Self::Normal { key, matrix, format } => whole_elements(format.bytes(), from, out, |first, bytes| {
                fill_normal(*format, *key, *matrix, first, bytes);
            }),
            Self::Integers {
                key,
                matrix,
                format,
                hi,
            } => whole_elements(format.bytes(), from, out, |first, bytes| {
                fill_integer_bytes(*format, *key, *matrix, *hi, first, bytes);
            }),
            Self::Ring { lines, a, c } => by_element(4, from, out, |element, slot| {
                let line = element / 32;
                let word = (element % 32 == 0).then(|| ring_word(line, *lines, *a, *c));
                slot.copy_from_slice(&word.map_or([GARBAGE; 4], u32::to_le_bytes));
            }),
            Self::Product(product) => {
                let bytes = product.bytes()?;
                let start = usize::try_from(from).map_err(|_| "offset".to_owned())?;
                out.copy_from_slice(&bytes[start..start + out.len()]);
            }
            Self::Opaque(why) => return Err((*why).to_owned()),
        }
        Ok(())
    }
}

/// Word 0 of a line of `gp_ring`.
pub fn ring_word(line: u64, lines: u32, a: u32, c: u32) -> u32 {
    (32 * ((u64::from(a) * line + u64::from(c)) % u64::from(lines.max(1)))) as u32
}

/// Calls `write` with every element that touches the range and a slot for all of its bytes.
fn by_element(size: usize, from: u64, out: &mut [u8], mut write: impl FnMut(u64, &mut [u8])) {
    whole_elements(size, from, out, |first, bytes| {
        for (i, slot) in bytes.chunks_exact_mut(size).enumerate() {
            write(first + i as u64, slot);
        }
    });
}

/// Calls `write` with the first element and room for whole elements; a range that begins or ends inside of one is cut.
fn whole_elements(size: usize, from: u64, out: &mut [u8], write: impl FnOnce(u64, &mut [u8])) {
    let first = from / size as u64;
    let lead = (from % size as u64) as usize;
    if lead == 0 && out.len().is_multiple_of(size) {
        return write(first, out);
    }
    let mut whole = vec![0; (lead + out.len()).next_multiple_of(size)];
    write(first, &mut whole);
    out.copy_from_slice(&whole[lead..lead + out.len()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_inside_of_elements_is_a_cut_of_the_whole() {
        let rules = [
            Content::Mixed { first: 77 },
            Content::Linear { seed: 5, first: 9 },
            Content::Normal {
                key: 1,
                matrix: 0,
                format: Format::Bf16,
            },
            Content::Integers {
                key: 1,
                matrix: 1,
                format: Format::Fp64,
                hi: 15,
            },
            Content::Repeat([1, 2, 3, 4]),
            Content::Ring {
                lines: 8,
                a: 421,
                c: 211,
            },
        ];
        for rule in rules {
            let mut whole = vec![0; 1024];
            rule.read(0, &mut whole).unwrap();
            let mut cut = vec![0; 301];
            rule.read(131, &mut cut).unwrap();
            assert_eq!(cut, whole[131..432], "{rule:?}");
        }
    }
}
