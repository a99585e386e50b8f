//! Numbers of the sm_90a products; the constants of `cuda/gemm90.cu` are compared with them in the tests.

/// Threads of a block: one warpgroup that loads, two that multiply.
pub const THREADS: u32 = 384;
/// Blocks of a cluster, along m.
pub const CLUSTER: u32 = 2;
/// Rows of D of a block.
pub const TILE_ROWS: u32 = 128;
/// Columns of D of a block.
pub const TILE_COLUMNS: u32 = 256;
/// Bytes of one row of an operand in a stage: the widest that the 128-byte swizzle takes.
pub const ROW_BYTES: u32 = 128;
/// Bytes of K that one warpgroup product takes, whatever the format.
pub const STEP_BYTES: u32 = 32;
/// Stages of the ring.
pub const STAGES: u32 = 4;
/// Rows of cluster tiles that are walked together.
pub const GROUP_ROWS: u32 = 8;
/// Warps of a block that multiply, each of which frees a stage by itself.
pub const CONSUMER_WARPS: u32 = 8;
/// Registers of a thread that loads, after it gave the others away.
pub const LOADER_REGISTERS: u32 = 40;
/// Registers of a thread that multiplies.
pub const MULTIPLIER_REGISTERS: u32 = 232;
/// Alignment of a stage, bytes: the swizzle's pattern repeats after so many.
pub const ALIGNMENT: u32 = 1024;
/// Bytes of A in a stage.
pub const A_BYTES: u32 = TILE_ROWS * ROW_BYTES;
/// Bytes of B in a stage.
pub const B_BYTES: u32 = TILE_COLUMNS * ROW_BYTES;
/// Bytes of a stage, and what its barrier waits for.
pub const STAGE_BYTES: u32 = A_BYTES + B_BYTES;
/// Dynamic shared memory of a block, bytes: room to align, stages, two barriers a stage.
pub const SHARED_BYTES: u32 = ALIGNMENT + STAGES * STAGE_BYTES + STAGES * 16;
/// Most dynamic shared memory of a block of compute capability 9.0, bytes.
pub const SHARED_LIMIT: u32 = 227 * 1024;
/// Registers of a multiprocessor.
pub const REGISTER_FILE: u32 = 65536;
/// Rows of D of one warpgroup's product.
pub const PRODUCT_ROWS: u32 = 64;
/// Accumulators of a thread.
pub const ACCUMULATORS: usize = 128;
