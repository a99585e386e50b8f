// gp_gemm_f64_f64: D = A B^T in fp64 on tensor cores (DMMA), pointers on every architecture: an image has it beside
// gemm80.cu or gemm90.cu.
//
// Block of 256 threads = 8 warps of 32 x 64 in a tile of 128 x 128. A lane reads two neighbouring doubles of a row at once,
// though one mma of depth 4 wants one: so the first mma takes the even depths of eight and the second the odd ones. A and B
// agree on the order, and a sum does not ask for it.
#ifndef GP_PRODUCT_MODEL
#include "ampere_device.cuh"
#endif
#include "ampere_pipeline.cuh"

namespace ampere {

struct F64Swizzle {
    __device__ static __forceinline__ unsigned offset(unsigned row, unsigned chunk) { return gp_f64_swizzle(row, chunk); }
};

typedef Ring<GP_F64_TILE_ROWS, GP_F64_TILE_COLUMNS, GP_F64_ROW_BYTES, GP_F64_STAGES, F64Swizzle> F64Ring;

enum { F64_ROWS = GP_F64_WARP_ROWS / 8, F64_COLUMNS = GP_F64_WARP_COLUMNS / 8 };

// Adds the products of one stage, 16 depths. `a` and `b` are this lane's places for the first eight; the other eight lie
// where `turn` flips the address.
__device__ __forceinline__ void multiply_f64(double (&sum)[F64_ROWS][F64_COLUMNS][2], unsigned a, unsigned b) {
    const unsigned turn = GP_F64_ROW_BYTES / 2;
    TwoDoubles fa[F64_ROWS / 2][2][2];
#pragma unroll
    for (int i = 0; i < F64_ROWS; i++) {
        fa[i / 2][i % 2][0] = load_two_doubles(a + i * 8 * GP_F64_ROW_BYTES);
        fa[i / 2][i % 2][1] = load_two_doubles((a ^ turn) + i * 8 * GP_F64_ROW_BYTES);
    }
#pragma unroll
    for (int j = 0; j < F64_COLUMNS; j++) {
        const TwoDoubles fb[2] = {load_two_doubles(b + j * 8 * GP_F64_ROW_BYTES),
                                  load_two_doubles((b ^ turn) + j * 8 * GP_F64_ROW_BYTES)};
#pragma unroll
        for (int i = 0; i < F64_ROWS; i += 2) mma_f64(sum[i][j], sum[i + 1][j], fa[i / 2], fb);
    }
}

}  // namespace ampere

extern "C" __global__ void __launch_bounds__(GP_THREADS, 1)
    gp_gemm_f64_f64(const void *a, const void *b, void *d, int m, int n, int k, unsigned long long *mark) {
    using namespace ampere;
    note_clock(mark, 0);
    const unsigned shared = shared_base(), lane = thread_index() % 32, warp = thread_index() / 32;
    const unsigned tile_rows = m / GP_F64_TILE_ROWS, tile_columns = n / GP_F64_TILE_COLUMNS;
    const size_t stride = (size_t)k * sizeof(double);
    const unsigned a_row = gp_f64_warp_row(warp) + gp_f64_row(lane), b_row = gp_f64_warp_column(warp) + gp_f64_row(lane);
    Loader<F64Ring> loader(a, b, tile_rows, tile_columns, stride, shared);
    loader.load_first();

    const unsigned blocks_deep = (unsigned)(stride / GP_F64_ROW_BYTES);
    unsigned stage = shared;
    double sum[F64_ROWS][F64_COLUMNS][2];
#pragma unroll 1
    for (unsigned place = block_index(); place < tile_rows * tile_columns; place += blocks()) {
#pragma unroll
        for (int i = 0; i < F64_ROWS; i++)
#pragma unroll
            for (int j = 0; j < F64_COLUMNS; j++) sum[i][j][0] = sum[i][j][1] = 0;
#pragma unroll 1
        for (unsigned block = 0; block < blocks_deep; block++) {
            next_block_ready<F64Ring>();
            loader.load();
            multiply_f64(sum, stage + gp_f64_swizzle(a_row, gp_f64_chunk(lane)),
                         stage + F64Ring::b_offset + gp_f64_swizzle(b_row, gp_f64_chunk(lane)));
            stage = stage + F64Ring::stage_bytes == shared + F64Ring::bytes ? shared : stage + F64Ring::stage_bytes;
        }
        const unsigned row = gp_tile_row(place, tile_rows, tile_columns) * GP_F64_TILE_ROWS + a_row;
        const unsigned column = gp_tile_column(place, tile_rows, tile_columns) * GP_F64_TILE_COLUMNS +
                                gp_f64_warp_column(warp) + gp_d_column_64(lane);
#pragma unroll
        for (int i = 0; i < F64_ROWS; i++)
#pragma unroll
            for (int j = 0; j < F64_COLUMNS; j++)
                store_two_doubles((double *)d + (size_t)(row + i * 8) * n + column + j * 8, sum[i][j][0], sum[i][j][1]);
    }
    block_barrier();
    note_clock(mark, 1);
}
