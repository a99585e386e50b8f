// Tensor products for sm_90a: D[m, n] = A[m, k] · B[n, k]ᵀ, all row-major; the calling interface is that of `abi.rs`.
//
// Two blocks make a cluster and compute 256 × 256 results, 128 rows each. A block has one warpgroup that loads and two that
// multiply 64 rows each. Of every stage a block loads its own 128 rows of A and half of the 256 rows of B, the latter into
// both blocks. The loader runs ahead by up to kStages stages, over the ends of tiles too, so that the next tile's operands
// arrive while this tile's results are stored; the two multiplying warpgroups drift apart and cover each other's stores.
//
// m must be a multiple of 256, n of 256 and k of 128 bytes; none may be zero. The tensor maps are of rank 2, {k, rows}, with
// the 128-byte swizzle and boxes of 128 bytes by 128 rows.
//
// Every constant below is also read by the tests of the Rust models (`layout/hopper`).

#include "hopper_async.cuh"
#include "hopper_store.cuh"
#include "hopper_wgmma.cuh"

namespace hopper {

constexpr int kThreads = 384;
constexpr int kCluster = 2;
constexpr int kTileRows = 128;
constexpr int kTileColumns = 256;
constexpr int kRowBytes = 128;
constexpr int kStepBytes = 32;
constexpr int kStages = 4;
constexpr int kGroupRows = 8;
constexpr int kConsumerWarps = 8;
constexpr int kLoaderRegisters = 40;
constexpr int kMultiplierRegisters = 232;
constexpr int kAlignment = 1024;

constexpr int kABytes = kTileRows * kRowBytes;
constexpr int kBBytes = kTileColumns * kRowBytes;
constexpr int kStageBytes = kABytes + kBBytes;
constexpr int kSharedBytes = kAlignment + kStages * kStageBytes + kStages * 16;
static_assert(kSharedBytes <= 227 * 1024, "a block's shared memory");
static_assert(128 * kLoaderRegisters + 256 * kMultiplierRegisters <= 65536, "a multiprocessor's registers");

// Where the block is in the ring of stages; the parity flips at each round.
struct Cursor {
    u32 stage, parity;

    __device__ __forceinline__ void next() {
        if (++stage == kStages) {
            stage = 0;
            parity ^= 1;
        }
    }
};

// Addresses in shared memory: stages (A, then B), then the barriers.
struct Shared {
    u32 base;

    __device__ __forceinline__ u32 a(u32 stage) const { return base + stage * kStageBytes; }
    __device__ __forceinline__ u32 b(u32 stage) const { return base + stage * kStageBytes + kABytes; }
    __device__ __forceinline__ u32 full(u32 stage) const { return base + kStages * kStageBytes + stage * 16; }
    __device__ __forceinline__ u32 empty(u32 stage) const { return full(stage) + 8; }
};

struct Problem {
    int tiles_m, tiles_n, steps, clusters, cluster, rank;

    __device__ __forceinline__ int tiles() const { return tiles_m * tiles_n; }

    // Tile of the cluster: kGroupRows rows of tiles are walked column by column, so that clusters at work at the same time
    // share rows of A and of B in L2. The last group may have fewer rows.
    __device__ __forceinline__ void place(int tile, int& row, int& column) const {
        const int group = tile / (kGroupRows * tiles_n), within = tile % (kGroupRows * tiles_n);
        const int left = tiles_m - group * kGroupRows;
        const int rows = left < kGroupRows ? left : kGroupRows;
        row = ((group * kGroupRows + within % rows) * kCluster + rank) * kTileRows;
        column = within / rows * kTileColumns;
    }
};

template <typename In>
__device__ __forceinline__ void load(const Shared& shared, const Problem& problem, const TensorMap* map_a, const TensorMap* map_b) {
    constexpr int depth = kRowBytes / In::kBytes;
    constexpr int rows_of_b = kTileColumns / kCluster;
    Cursor at = {0, 1};
    for (int tile = problem.cluster; tile < problem.tiles(); tile += problem.clusters) {
        int row, column;
        problem.place(tile, row, column);
        for (int step = 0; step < problem.steps; step++) {
            barrier_wait(shared.empty(at.stage), at.parity);
            const u32 full = shared.full(at.stage);
            barrier_arrive_expect(full, kStageBytes);
            load_box(shared.a(at.stage), map_a, full, step * depth, row);
            load_box_to_all(shared.b(at.stage) + problem.rank * rows_of_b * kRowBytes, map_b, full, step * depth,
                                    column + problem.rank * rows_of_b, (1 << kCluster) - 1);
            at.next();
        }
    }
}

// This warp is done with a stage: both blocks may fill it again, because each loads a part of it into both.
__device__ __forceinline__ void release(const Shared& shared, u32 stage, int lane) {
    if (lane < kCluster) barrier_arrive_at(shared.empty(stage), lane);
}

template <typename In>
__device__ __forceinline__ void multiply_tile(typename In::Sum (&d)[kAccumulators], const Shared& shared, Cursor& at,
                                              int steps, int warpgroup, int lane) {
    u32 before = 0;
    for (int step = 0; step < steps; step++) {
        barrier_wait(shared.full(at.stage), at.parity);
        const u64 a = descriptor(shared.a(at.stage) + warpgroup * (kABytes / 2));
        const u64 b = descriptor(shared.b(at.stage));
        products_fence();
#pragma unroll
        for (int i = 0; i < kRowBytes / kStepBytes; i++) {
            In::multiply(d, a + i * kStepUnits, b + i * kStepUnits, step | i);
        }
        products_commit();
        products_wait<1>();
        if (step > 0) release(shared, before, lane);
        before = at.stage;
        at.next();
    }
    products_wait<0>();
    pin_all(d);
    release(shared, before, lane);
}

template <typename In, typename Out>
__device__ __forceinline__ void multiply(const Shared& shared, const Problem& problem, unsigned char* out, int n, int warpgroup) {
    const int thread = threadIdx.x & 127, lane = thread & 31;
    const u64 pitch = static_cast<u64>(n) * Out::kBytes;
    const int row_in_block = warpgroup * 64 + (thread >> 5) * 16 + (lane >> 2);
    Cursor at = {0, 0};
    for (int tile = problem.cluster; tile < problem.tiles(); tile += problem.clusters) {
        int row, column;
        problem.place(tile, row, column);
        // Not set: the first product of a tile does not read it. Set, or living on from tile to tile, it would need a
        // second set of registers while results are stored, and products would be serialised for want of them.
        typename In::Sum d[kAccumulators];
        multiply_tile<In>(d, shared, at, problem.steps, warpgroup, lane);
        Out::store(d, out + (row + row_in_block) * pitch + static_cast<u64>(column) * Out::kBytes, pitch, lane);
    }
}

template <typename In, typename Out>
__device__ __forceinline__ void product(const TensorMap& map_a, const TensorMap& map_b, void* out, int m, int n, int k,
                                        ClockMark* mark) {
    const bool marks = mark != nullptr && blockIdx.x == 0 && threadIdx.x == 0;
    if (marks) {
        mark->sm = multiprocessor();
        mark->cycles_start = cycles();
        mark->ns_start = nanoseconds();
    }
    const Shared shared = {(shared_base() + kAlignment - 1) / kAlignment * kAlignment};
    const Problem problem = {m / (kTileRows * kCluster), n / kTileColumns, k / (kRowBytes / In::kBytes),
                             static_cast<int>(gridDim.x) / kCluster, static_cast<int>(blockIdx.x) / kCluster,
                             static_cast<int>(cluster_rank())};
    if (threadIdx.x == 0) {
        map_prefetch(&map_a);
        map_prefetch(&map_b);
        for (u32 stage = 0; stage < kStages; stage++) {
            barrier_init(shared.full(stage), 1);
            barrier_init(shared.empty(stage), kConsumerWarps * kCluster);
        }
        barrier_init_fence();
    }
    // No block loads into its peer, nor arrives there, before the peer's barriers stand.
    cluster_sync();
    // The same in all lanes; the shuffle tells the compiler so.
    const int warpgroup = __shfl_sync(kAllLanes, threadIdx.x / 128, 0);
    if (warpgroup == 0) {
        registers_give<kLoaderRegisters>();
        if (threadIdx.x == 0) load<In>(shared, problem, &map_a, &map_b);
        __syncwarp();
    } else {
        registers_take<kMultiplierRegisters>();
        multiply<In, Out>(shared, problem, static_cast<unsigned char*>(out), n, warpgroup - 1);
    }
    // No block ends while its peer may still arrive at its barriers.
    cluster_sync();
    if (marks) {
        mark->cycles_end = cycles();
        mark->ns_end = nanoseconds();
    }
}

}  // namespace hopper

#define GP_PRODUCT(NAME, IN, OUT)                                                                                \
    extern "C" __global__ void __cluster_dims__(hopper::kCluster, 1, 1) __launch_bounds__(hopper::kThreads, 1)   \
        NAME(const __grid_constant__ hopper::TensorMap map_a, const __grid_constant__ hopper::TensorMap map_b,   \
             void* d, int m, int n, int k, hopper::ClockMark* mark) {                                            \
        hopper::product<hopper::IN, hopper::OUT>(map_a, map_b, d, m, n, k, mark);                                \
    }

GP_PRODUCT(gp_gemm_bf16_bf16, Bf16, Narrow<hopper::ToBf16>)
GP_PRODUCT(gp_gemm_bf16_f32, Bf16, Wide)
GP_PRODUCT(gp_gemm_f16_f16, F16, Narrow<hopper::ToF16>)
GP_PRODUCT(gp_gemm_f16_f32, F16, Wide)
GP_PRODUCT(gp_gemm_e4m3_f32, E4m3, Wide)
GP_PRODUCT(gp_gemm_s8_s32, S8, Wide)
GP_PRODUCT(gp_gemm_tf32_f32, Tf32, Wide)
