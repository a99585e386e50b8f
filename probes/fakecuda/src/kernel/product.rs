//! Matrix products, computed when their result is read.

use crate::memory::content::{Content, GARBAGE};
use crate::memory::extent::Piece;
use gridproof_probe_kernels::abi::{Format, GemmKernel};
use gridproof_probe_protocol::work::{
    formats::{f32_to_bf16, f32_to_fp16},
    generate::fill_integers,
    product::multiply_by_threads,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Multiply-adds of a product whose operands are no generated integers at most.
const PLAIN_LIMIT: usize = 1 << 30;
/// Integer products that are kept.
const CACHED: usize = 3;

/// What an operand held when the product was launched.
#[derive(Clone, Debug)]
pub struct Operand {
    /// Its memory, in order.
    pub pieces: Vec<Piece>,
}

/// Key, matrix and range of generated integers.
type Generated = (u64, u32, i32);

/// D[m,n] = A[m,k] · B[n,k]ᵀ.
#[derive(Debug)]
pub struct Product {
    kernel: &'static GemmKernel,
    a: Operand,
    b: Operand,
    shape: [usize; 3],
    wrong_bit: bool,
    bytes: OnceLock<Result<Vec<u8>, String>>,
}

impl Product {
    /// Of what the operands hold now.
    pub fn new(kernel: &'static GemmKernel, a: Operand, b: Operand, shape: [usize; 3]) -> Self {
        Self {
            kernel,
            a,
            b,
            shape,
            wrong_bit: false,
            bytes: OnceLock::new(),
        }
    }

    /// Whether one bit of the result is wrong.
    #[must_use]
    pub fn with_wrong_bit(self, wrong_bit: bool) -> Self {
        Self { wrong_bit, ..self }
    }

    /// The result in memory.
    ///
    /// # Errors
    /// Why it is not computed.
    pub fn bytes(&self) -> Result<&[u8], String> {
        let computed = self.bytes.get_or_init(|| {
            let mut bytes = self.compute()?;
            if self.wrong_bit {
                let at = bytes.len() / 3 / self.kernel.output_bytes * self.kernel.output_bytes;
                // The second byte of an i32, the mantissa's middle of a float: the value changes in every format.
                bytes[at + self.kernel.output_bytes / 2] ^= 1 << 2;
            }
            Ok(bytes)
        });
        computed.as_deref().map_err(Clone::clone)
    }

    fn compute(&self) -> Result<Vec<u8>, String> {
        if let (Some(a), Some(b)) = (self.generated(&self.a), self.generated(&self.b)) {
            let sums = integers(a, b, self.shape);
            return Ok(self.encode(sums.iter().map(|sum| f64::from(*sum))));
        }
        let [m, n, k] = self.shape;
        if m * n * k > PLAIN_LIMIT {
            return Err(format!(
                "{}: a {m}×{n}×{k} product of other than generated integers",
                self.kernel.name
            ));
        }
        let (a, b) = (self.decode(&self.a, m * k)?, self.decode(&self.b, n * k)?);
        let sums = a.chunks_exact(k).flat_map(|row| {
            b.chunks_exact(k)
                .map(move |column| row.iter().zip(column).map(|(a, b)| a * b).sum::<f64>())
        });
        Ok(self.encode(sums))
    }

    /// The generator of an operand that is whole, from its element 0 on, and of the format that the kernel reads.
    fn generated(&self, operand: &Operand) -> Option<Generated> {
        let [piece] = operand.pieces.as_slice() else {
            return None;
        };
        match piece.rule {
            Some((
                _,
                Content::Integers {
                    key,
                    matrix,
                    format,
                    hi,
                },
            )) if format == self.kernel.input && piece.offset() == 0 && hi.unsigned_abs() <= 127 => {
                Some((key, matrix, hi))
            }
            _ => None,
        }
    }

    fn decode(&self, operand: &Operand, elements: usize) -> Result<Vec<f64>, String> {
        let size = self.kernel.input.bytes();
        let mut bytes = vec![GARBAGE; elements * size];
        let mut at = 0;
        for piece in &operand.pieces {
            let slot = &mut bytes[at..at + piece.size() as usize];
            if let Some((_, content)) = &piece.rule {
                content.read(piece.offset(), slot)?;
            }
            at += piece.size() as usize;
        }
        let tf32 = self.kernel.input == Format::Fp32;
        Ok(bytes
            .chunks_exact(size)
            .map(|bytes| self.kernel.input.decode(bytes))
            .map(|value| {
                if tf32 {
                    f64::from(f32::from_bits((value as f32).to_bits() & !0x1fff))
                } else {
                    value
                }
            })
            .collect())
    }

    fn encode(&self, sums: impl Iterator<Item = f64>) -> Vec<u8> {
        let [m, n, _] = self.shape;
        let mut out = Vec::with_capacity(m * n * self.kernel.output_bytes);
        for sum in sums {
            match (self.kernel.input, self.kernel.output_bytes) {
                (Format::Int8, _) => out.extend((sum as i32).to_le_bytes()),
                (_, 8) => out.extend(sum.to_le_bytes()),
                (Format::Fp16, 2) => out.extend(f32_to_fp16(sum as f32).to_le_bytes()),
                (_, 2) => out.extend(f32_to_bf16(sum as f32).to_le_bytes()),
                _ => out.extend((sum as f32).to_le_bytes()),
            }
        }
        out
    }
}

type Cache = BTreeMap<(Generated, Generated, [usize; 3]), Arc<Vec<i32>>>;

/// The same integers in another format have the same product, so each is computed once.
fn integers(a: Generated, b: Generated, [m, n, k]: [usize; 3]) -> Arc<Vec<i32>> {
    static CACHE: Mutex<Cache> = Mutex::new(BTreeMap::new());
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = cache.get(&(a, b, [m, n, k])) {
        return Arc::clone(known);
    }
    let matrix = |(key, matrix, hi): Generated, elements| {
        let mut out = vec![0_i16; elements];
        fill_integers(key, matrix, hi, 0, &mut out);
        out
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let product = Arc::new(multiply_by_threads(
        &matrix(a, m * k),
        &matrix(b, n * k),
        m,
        n,
        k,
        threads,
    ));
    while cache.len() >= CACHED {
        cache.pop_first();
    }
    cache.insert((a, b, [m, n, k]), Arc::clone(&product));
    product
}
