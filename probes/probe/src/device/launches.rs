//! One function a kernel: parameters and launch shape as `gridproof_probe_kernels::abi` has them.
//!
//! Addresses are of the device; 0 as `mark` is null. Sizes are checked by the callers, who own the buffers.

use super::{Argument::*, Arguments, Device, DeviceError, modules::Kernel, raw, tensor_map::Geometry};
use gridproof_probe_kernels::abi::{Format, GemmKernel, Operands, Tile};
use gridproof_probe_kernels::{Set, tile};

/// A kernel with its shape and arguments, ready to be queued any number of times. Valid while its device is.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub(super) function: raw::CUfunction,
    pub(super) grid: u32,
    pub(super) block: u32,
    pub(super) shared_bytes: u32,
    pub(super) arguments: Arguments,
}

/// Operands of a product D[m,n] = A[m,k] · B[n,k]ᵀ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    /// Address of A.
    pub(crate) a: u64,
    /// Address of B.
    pub(crate) b: u64,
    /// Address of D.
    pub(crate) d: u64,
    /// Shape.
    pub(crate) m: u32,
    /// See `m`.
    pub(crate) n: u32,
    /// See `m`.
    pub(crate) k: u32,
    /// Address of the mark, or 0.
    pub(crate) mark: u64,
}

/// Threads of a block of the kernels that stride over elements.
const ELEMENT_BLOCK: u32 = 256;
/// Threads of a block of the streaming kernels.
const STREAM_BLOCK: u32 = 512;
/// Threads of a block of the register kernels.
const FMA_BLOCK: u32 = 256;
/// Blocks a multiprocessor of the kernels that stride over memory.
const BLOCKS_PER_SM: u32 = 4;
/// Blocks a multiprocessor of the census.
pub(crate) const CENSUS_BLOCKS_PER_SM: u32 = 32;

impl Device {
    fn misc(
        &self,
        name: &'static str,
        grid: u32,
        block: u32,
        arguments: &[super::Argument],
    ) -> Result<Launch, DeviceError> {
        let kernel = self.modules.kernel(Set::Misc, name)?;
        Ok(kernel.launch(grid, block, 0, Arguments::new(arguments)))
    }

    /// One block a multiprocessor: with all the shared memory that a block may have, no second one fits beside it.
    fn alone(&self, name: &'static str, block: u32, arguments: &[super::Argument]) -> Result<Launch, DeviceError> {
        let kernel = self.modules.kernel(Set::Misc, name)?;
        // What the GPU says may be another model's; the code that loaded tells what it can have at most.
        let reported = self.facts.shared_memory.unsigned_abs();
        // Intermediate code is compiled for the GPU as it is, and what all GPUs allow would let a second block in.
        let code = self.modules.arch.filter(|arch| !arch.is_ptx());
        let possible = code.map_or(reported, |arch| arch.max_shared_bytes());
        let shared_bytes = reported.min(possible);
        kernel.allow_shared(shared_bytes)?;
        Ok(kernel.launch(self.sms(), block, shared_bytes, Arguments::new(arguments)))
    }

    fn sms(&self) -> u32 {
        self.multiprocessors()
    }

    /// Blocks for `n` elements, one a thread, up to a few waves.
    fn element_grid(&self, n: u64) -> u32 {
        let most = u64::from(self.sms()) * 16;
        n.div_ceil(u64::from(ELEMENT_BLOCK)).clamp(1, most) as u32
    }

    /// Random-normal values of a format.
    pub(crate) fn fill_normal(
        &self,
        out: u64,
        n: u64,
        key: u64,
        matrix: u32,
        format: Format,
    ) -> Result<Launch, DeviceError> {
        let arguments = [Pointer(out), U64(n), U64(key), U32(matrix), U32(format as u32)];
        self.generator("gp_fill_normal", n, &arguments)
    }

    /// Whole numbers in [-hi, hi].
    pub(crate) fn fill_integers(
        &self,
        out: u64,
        n: u64,
        key: u64,
        matrix: u32,
        format: Format,
        hi: i32,
    ) -> Result<Launch, DeviceError> {
        let arguments = [Pointer(out), U64(n), U64(key), U32(matrix), U32(format as u32), I32(hi)];
        self.generator("gp_fill_integers", n, &arguments)
    }

    /// Generators are in every image; the first is enough.
    fn generator(&self, name: &'static str, n: u64, arguments: &[super::Argument]) -> Result<Launch, DeviceError> {
        let kernel = match self.modules.kernel(Set::Misc, name) {
            Err(DeviceError::NoKernel(_)) => self.modules.kernel(Set::Gemm, name)?,
            other => other?,
        };
        Ok(kernel.launch(self.element_grid(n), ELEMENT_BLOCK, 0, Arguments::new(arguments)))
    }

    /// Launch shape and label of a product kernel on this GPU; `NoKernel` where the image has none.
    pub(crate) fn gemm_tile(&self, gemm: &GemmKernel) -> Result<(Tile, String), DeviceError> {
        let (tile, kernel) = self.gemm_kernel(gemm)?;
        Ok((tile, kernel.label()))
    }

    fn gemm_kernel(&self, gemm: &GemmKernel) -> Result<(Tile, Kernel), DeviceError> {
        let none = || DeviceError::NoKernel(gemm.name.to_owned());
        let tile = self
            .modules
            .arch
            .and_then(|arch| tile(arch, gemm.name))
            .ok_or_else(none)?;
        Ok((tile, self.modules.kernel(Set::Gemm, gemm.name)?))
    }

    /// A product.
    pub(crate) fn gemm(&self, gemm: &GemmKernel, product: &Product) -> Result<Launch, DeviceError> {
        let (tile, kernel) = self.gemm_kernel(gemm)?;
        let Product { a, b, d, m, n, k, mark } = *product;
        check_shape(&tile, m, n, k)?;
        let [a, b] = match tile.operands {
            Operands::Pointers => [Pointer(a), Pointer(b)],
            Operands::TensorMaps { box_a, box_b } => [
                Map(Geometry::new(gemm.input, m.into(), k.into(), box_a)?.encode(a)?),
                Map(Geometry::new(gemm.input, n.into(), k.into(), box_b)?.encode(b)?),
            ],
        };
        let [rows, columns, depth] = [m, n, k].map(|size| I32(size.cast_signed()));
        kernel.allow_shared(tile.shared_bytes)?;
        let arguments = Arguments::new(&[a, b, Pointer(d), rows, columns, depth, Pointer(mark)]);
        Ok(kernel.launch(
            gemm_grid(self.sms(), tile.cluster),
            tile.threads,
            tile.shared_bytes,
            arguments,
        ))
    }

    /// fp32 multiply-adds from registers.
    pub(crate) fn fma_f32(&self, out: u64, iterations: i32, mark: u64) -> Result<Launch, DeviceError> {
        // |a| < 1 keeps every chain finite for any number of iterations.
        let arguments = [Pointer(out), F32(0.999), F32(0.001), I32(iterations), Pointer(mark)];
        self.misc("gp_fma_f32", self.fma_blocks(), FMA_BLOCK, &arguments)
    }

    /// fp64 multiply-adds from registers.
    pub(crate) fn fma_f64(&self, out: u64, iterations: i32, mark: u64) -> Result<Launch, DeviceError> {
        let arguments = [Pointer(out), F64(0.999), F64(0.001), I32(iterations), Pointer(mark)];
        self.misc("gp_fma_f64", self.fma_blocks(), FMA_BLOCK, &arguments)
    }

    fn fma_blocks(&self) -> u32 {
        BLOCKS_PER_SM * self.sms()
    }

    /// Threads of a launch of `gp_fma_*`.
    pub(crate) fn fma_threads(&self) -> u64 {
        u64::from(self.fma_blocks()) * u64::from(FMA_BLOCK)
    }

    /// Words whose xor has a closed form.
    pub(crate) fn linear_fill(&self, out: u64, words: u64, seed: u32, first: u64) -> Result<Launch, DeviceError> {
        let arguments = [Pointer(out), U64(words), U32(seed), U64(first)];
        self.misc("gp_linear_fill", self.element_grid(words), ELEMENT_BLOCK, &arguments)
    }

    fn streaming(&self, name: &'static str, arguments: &[super::Argument]) -> Result<Launch, DeviceError> {
        self.misc(name, BLOCKS_PER_SM * self.sms(), STREAM_BLOCK, arguments)
    }

    /// Xor of `n16` 16-byte words into the u32 at `out`.
    pub(crate) fn read_words(&self, input: u64, n16: u64, out: u64, mark: u64) -> Result<Launch, DeviceError> {
        self.streaming("gp_read", &[Pointer(input), U64(n16), Pointer(out), Pointer(mark)])
    }

    /// [`read_words`](Self::read_words) by another number of blocks a multiprocessor than the usual one.
    pub(crate) fn read_words_by(&self, blocks_per_sm: u32, [input, n16, out]: [u64; 3]) -> Result<Launch, DeviceError> {
        let arguments = [Pointer(input), U64(n16), Pointer(out), Pointer(0)];
        self.misc("gp_read", blocks_per_sm.max(1) * self.sms(), STREAM_BLOCK, &arguments)
    }

    /// Every u32 of `n16` 16-byte words set to `value`.
    pub(crate) fn write_words(&self, out: u64, n16: u64, value: u32, mark: u64) -> Result<Launch, DeviceError> {
        self.streaming("gp_write", &[Pointer(out), U64(n16), U32(value), Pointer(mark)])
    }

    /// Copy of `n16` 16-byte words by kernel.
    pub(crate) fn copy_words(&self, out: u64, input: u64, n16: u64, mark: u64) -> Result<Launch, DeviceError> {
        self.streaming("gp_copy", &[Pointer(out), Pointer(input), U64(n16), Pointer(mark)])
    }

    /// a = b + k·c over `n16` groups of four fp32.
    pub(crate) fn triad(&self, abc: [u64; 3], k: f32, n16: u64, mark: u64) -> Result<Launch, DeviceError> {
        let [a, b, c] = abc.map(Pointer);
        self.streaming("gp_triad", &[a, b, c, F32(k), U64(n16), Pointer(mark)])
    }

    /// Keyed words for the test of the capacity.
    pub(crate) fn fill(&self, out: u64, n: u64, seed: u64, base: u64) -> Result<Launch, DeviceError> {
        let arguments = [Pointer(out), U64(n), U64(seed), U64(base)];
        self.misc("gp_fill", self.element_grid(n), ELEMENT_BLOCK, &arguments)
    }

    /// Adds the number of words that differ from [`fill`](Self::fill) to the u64 at `bad`.
    pub(crate) fn verify(&self, input: u64, n: u64, seed: u64, base: u64, bad: u64) -> Result<Launch, DeviceError> {
        let arguments = [Pointer(input), U64(n), U64(seed), U64(base), Pointer(bad)];
        self.misc("gp_verify", self.element_grid(n), ELEMENT_BLOCK, &arguments)
    }

    /// Chain over `lines` lines of 128 bytes.
    pub(crate) fn ring(&self, out: u64, lines: u32, (a, c): (u32, u32)) -> Result<Launch, DeviceError> {
        let arguments = [Pointer(out), U32(lines), U32(a), U32(c)];
        self.misc("gp_ring", self.element_grid(lines.into()), ELEMENT_BLOCK, &arguments)
    }

    /// `steps` steps along the chain; two u64 at `out`.
    pub(crate) fn chase(&self, ring: u64, steps: u32, start: u32, out: u64) -> Result<Launch, DeviceError> {
        self.misc("gp_chase", 1, 1, &[Pointer(ring), U32(steps), U32(start), Pointer(out)])
    }

    /// The same on every multiprocessor: one u64 of cycles and one u32 of `%smid` a block, [`Self::multiprocessors`] blocks.
    pub(crate) fn chase_map(
        &self,
        ring: u64,
        steps: u32,
        lines: u32,
        cycles: u64,
        sm: u64,
    ) -> Result<Launch, DeviceError> {
        let arguments = [Pointer(ring), U32(steps), U32(lines), Pointer(cycles), Pointer(sm)];
        self.alone("gp_chase_map", 1, &arguments)
    }

    /// Nothing.
    pub(crate) fn noop(&self) -> Result<Launch, DeviceError> {
        self.misc("gp_noop", 1, 1, &[])
    }

    /// Holds its stream until the u32 at `flag` is not 0, or `timeout_ns` are over.
    pub(crate) fn blocker(&self, flag: u64, timeout_ns: u64) -> Result<Launch, DeviceError> {
        self.misc("gp_blocker", 1, 1, &[Pointer(flag), U64(timeout_ns)])
    }

    /// Where each of [`Self::census_blocks`] blocks ran: u32, u32, u64, u64 a block.
    pub(crate) fn census(&self, [sm, nsm, cycles, ns]: [u64; 4], spin: u64) -> Result<Launch, DeviceError> {
        let arguments = [Pointer(sm), Pointer(nsm), Pointer(cycles), Pointer(ns), U64(spin)];
        self.misc("gp_census", self.census_blocks(), 32, &arguments)
    }

    /// Blocks of the census.
    pub(crate) fn census_blocks(&self) -> u32 {
        CENSUS_BLOCKS_PER_SM * self.sms()
    }

    /// Reads the timer without pause on every multiprocessor, one block each.
    pub(crate) fn heartbeat(&self, out: u64, duration_ns: u64, threshold_ns: u64) -> Result<Launch, DeviceError> {
        self.alone("gp_heartbeat", 32, &[Pointer(out), U64(duration_ns), U64(threshold_ns)])
    }
}

/// Blocks of a persistent product: whole clusters only, and at least one.
fn gemm_grid(multiprocessors: u32, cluster: u32) -> u32 {
    let cluster = cluster.max(1);
    (multiprocessors / cluster * cluster).max(cluster)
}

/// A product of whole tiles only.
fn check_shape(tile: &Tile, m: u32, n: u32, k: u32) -> Result<(), DeviceError> {
    let rows = tile.rows.saturating_mul(tile.cluster).max(1);
    let whole = m > 0 && n > 0 && k > 0;
    let divides =
        m.is_multiple_of(rows) && n.is_multiple_of(tile.columns.max(1)) && k.is_multiple_of(tile.depth.max(1));
    if whole && divides && [m, n, k].iter().all(|size| i32::try_from(*size).is_ok()) {
        return Ok(());
    }
    Err(DeviceError::Internal(format!(
        "{m} x {n} x {k} is not made of tiles of {tile:?}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TILE: Tile = Tile {
        rows: 128,
        columns: 256,
        depth: 64,
        threads: 384,
        cluster: 2,
        shared_bytes: 197_632,
        operands: Operands::Pointers,
    };

    #[test]
    fn persistent_products_run_on_whole_clusters() {
        assert_eq!(gemm_grid(132, 2), 132);
        assert_eq!(gemm_grid(113, 2), 112);
        assert_eq!(gemm_grid(1, 2), 2, "a grid must not be empty");
        assert_eq!(gemm_grid(108, 1), 108);
    }

    #[test]
    fn products_of_whole_tiles_only() {
        assert_eq!(check_shape(&TILE, 2048, 2048, 2048), Ok(()));
        for (m, n, k) in [
            (2048 + 128, 2048, 2048),
            (2048, 128, 2048),
            (2048, 2048, 32),
            (0, 256, 64),
        ] {
            assert!(check_shape(&TILE, m, n, k).is_err(), "{m} {n} {k}");
        }
    }
}
