// Products with 1-, 2- and 4-byte inputs. One mma takes 32 bytes of depth of 16 rows of A and 8 rows of B whatever the type
// is, and its fragments lie the same way in bytes, so one text serves all types.
#pragma once
#include "ampere_pipeline.cuh"

namespace ampere {

struct PanelSwizzle {
    __device__ static __forceinline__ unsigned offset(unsigned row, unsigned chunk) {
        return gp_swizzle(GP_ROW_BYTES, row, chunk);
    }
};

typedef Ring<GP_TILE_ROWS, GP_TILE_COLUMNS, GP_ROW_BYTES, GP_STAGES, PanelSwizzle> ProductRing;

enum {
    FRAGMENT_ROWS = GP_WARP_ROWS / 16,       // 16-row fragments of A in a warp's part
    FRAGMENT_COLUMNS = GP_WARP_COLUMNS / 8,  // 8-column fragments of B
    STEPS = GP_ROW_BYTES / GP_STEP_BYTES,    // mma depths in a stage
};

struct Fragments {
    Four a[FRAGMENT_ROWS];
    Four b[FRAGMENT_COLUMNS / 2];  // two 8-column fragments each: x, y and z, w
};

template <class In>
struct Accumulators {
    typename In::Accumulator d[FRAGMENT_ROWS][FRAGMENT_COLUMNS][4];

    __device__ __forceinline__ void clear() {
#pragma unroll
        for (int i = 0; i < FRAGMENT_ROWS; i++)
#pragma unroll
            for (int j = 0; j < FRAGMENT_COLUMNS; j++)
#pragma unroll
                for (int e = 0; e < 4; e++) d[i][j][e] = 0;
    }
};

// This lane's rows and chunks of ldmatrix, for A and B, as offsets into a stage; the step's chunk is xored in, which is the
// same as swizzling it: the swizzle is an xor with a number that depends on the row alone.
struct FragmentOffsets {
    unsigned a, b;

    __device__ __forceinline__ FragmentOffsets(unsigned warp, unsigned lane) {
        a = ProductRing::offset(gp_warp_row(warp) + gp_a_row(lane), gp_a_chunk(lane));
        b = ProductRing::b_offset + ProductRing::offset(gp_warp_column(warp) + gp_b_row(lane), gp_b_chunk(lane));
    }
};

__device__ __forceinline__ void load_fragments(Fragments &to, unsigned stage, const FragmentOffsets &at, int step) {
#pragma unroll
    for (int i = 0; i < FRAGMENT_ROWS; i++)
        load_matrices(to.a[i], stage + (at.a ^ (step * GP_STEP_BYTES)) + i * 16 * GP_ROW_BYTES);
#pragma unroll
    for (int j = 0; j < FRAGMENT_COLUMNS / 2; j++)
        load_matrices(to.b[j], stage + (at.b ^ (step * GP_STEP_BYTES)) + j * 16 * GP_ROW_BYTES);
}

template <class In>
__device__ __forceinline__ void multiply(Accumulators<In> &sum, Fragments &f) {
    In::prepare(f);
#pragma unroll
    for (int i = 0; i < FRAGMENT_ROWS; i++)
#pragma unroll
        for (int turn = 0; turn < FRAGMENT_COLUMNS; turn++) {
            const int j = i % 2 ? FRAGMENT_COLUMNS - 1 - turn : turn;  // back and forth: the last B fragment serves twice
            if (j % 2)
                In::mma(sum.d[i][j], f.a[i], f.b[j / 2].z, f.b[j / 2].w);
            else
                In::mma(sum.d[i][j], f.a[i], f.b[j / 2].x, f.b[j / 2].y);
        }
}

// D = A B^T over all tiles of this block. `Out` stores a warp's part.
template <class In, class Out>
__device__ __forceinline__ void product(const void *a, const void *b, void *d, int m, int n, int k, u64 *mark) {
    note_clock(mark, 0);
    const unsigned shared = shared_base(), lane = thread_index() % 32, warp = thread_index() / 32;
    const unsigned tile_rows = m / GP_TILE_ROWS, tile_columns = n / GP_TILE_COLUMNS;
    const size_t stride = (size_t)k * In::bytes;
    const FragmentOffsets offsets(warp, lane);
    Loader<ProductRing> loader(a, b, tile_rows, tile_columns, stride, shared);
    loader.load_first();
    next_block_ready<ProductRing>();

    const unsigned blocks_deep = (unsigned)(stride / GP_ROW_BYTES);
    unsigned stage = shared;
    Accumulators<In> sum;
    Fragments fragments[2];
    load_fragments(fragments[0], stage, offsets, 0);
#pragma unroll 1
    for (unsigned place = block_index(); place < tile_rows * tile_columns; place += blocks()) {
        sum.clear();
#pragma unroll 1
        for (unsigned block = 0; block < blocks_deep; block++) {
#pragma unroll
            for (int step = 0; step < STEPS; step++) {
                if (step == STEPS - 1) {
                    next_block_ready<ProductRing>();
                    stage = stage + ProductRing::stage_bytes == shared + ProductRing::bytes
                                ? shared
                                : stage + ProductRing::stage_bytes;
                }
                // After the very last block these are bytes of no block, and nothing uses them.
                load_fragments(fragments[(step + 1) % 2], stage, offsets, (step + 1) % STEPS);
                if (step == 0) loader.load();
                multiply<In>(sum, fragments[step % 2]);
            }
        }
        const unsigned row = gp_tile_row(place, tile_rows, tile_columns) * GP_TILE_ROWS + gp_warp_row(warp);
        const unsigned column = gp_tile_column(place, tile_rows, tile_columns) * GP_TILE_COLUMNS + gp_warp_column(warp);
        Out::store(d, (size_t)n, row, column, lane, sum);
    }
    block_barrier();
    note_clock(mark, 1);
}

// 2-byte results. Four lanes hold a row of 8 columns as pairs; they exchange four such rows so that each stores one whole.
template <class Pack>
struct Store16 {
    template <class In>
    __device__ static __forceinline__ void store(void *d, size_t n, unsigned row, unsigned column, unsigned lane,
                                                 const Accumulators<In> &sum) {
        const bool odd = lane & 1, high = lane & 2;
#pragma unroll
        for (int i = 0; i < FRAGMENT_ROWS; i++)
#pragma unroll
            for (int half = 0; half < 2; half++)
#pragma unroll
                for (int j = 0; j < FRAGMENT_COLUMNS; j += 4) {
                    unsigned v[4];
#pragma unroll
                    for (int e = 0; e < 4; e++)
                        v[e] = Pack::pack(sum.d[i][j + e][half * 2], sum.d[i][j + e][half * 2 + 1]);
                    const unsigned p = exchange(odd ? v[0] : v[1], 1), q = exchange(odd ? v[2] : v[3], 1);
                    const Four w = {odd ? p : v[0], odd ? v[1] : p, odd ? q : v[2], odd ? v[3] : q};
                    const unsigned r = exchange(high ? w.x : w.z, 2), s = exchange(high ? w.y : w.w, 2);
                    const Four packet = {high ? r : w.x, high ? s : w.y, high ? w.z : r, high ? w.w : s};
                    const size_t at = (row + i * 16 + gp_d_row(lane, half)) * n + column + j * 8 + gp_d_column_16(lane);
                    store_16_bytes((char *)d + at * 2, packet);
                }
    }
};

// 4-byte results: pairs of lanes exchange halves of two rows.
struct Store32 {
    template <class In>
    __device__ static __forceinline__ void store(void *d, size_t n, unsigned row, unsigned column, unsigned lane,
                                                 const Accumulators<In> &sum) {
        const bool odd = lane & 1;
#pragma unroll
        for (int i = 0; i < FRAGMENT_ROWS; i++)
#pragma unroll
            for (int half = 0; half < 2; half++)
#pragma unroll
                for (int j = 0; j < FRAGMENT_COLUMNS; j += 2) {
                    const unsigned x0 = bits(sum.d[i][j][half * 2]), x1 = bits(sum.d[i][j][half * 2 + 1]);
                    const unsigned y0 = bits(sum.d[i][j + 1][half * 2]), y1 = bits(sum.d[i][j + 1][half * 2 + 1]);
                    const unsigned p = exchange(odd ? x0 : y0, 1), q = exchange(odd ? x1 : y1, 1);
                    const Four packet = {odd ? p : x0, odd ? q : x1, odd ? y0 : p, odd ? y1 : q};
                    const size_t at = (row + i * 16 + gp_d_row(lane, half)) * n + column + j * 8 + gp_d_column_32(lane);
                    store_16_bytes((char *)d + at * 4, packet);
                }
    }
};

}  // namespace ampere
