// Ring of stages in shared memory, filled by asynchronous copies: one unbroken sequence of blocks of depth over all tiles
// of a thread block, so that the first stages of the next tile arrive while the last tile is stored.
#pragma once
#include "ampere_maps.h"

namespace ampere {

// Shape of a product on one thread block. `Swizzle` is the panels' map.
template <unsigned TileRows, unsigned TileColumns, unsigned RowBytes, unsigned StageCount, class Swizzle>
struct Ring {
    enum : unsigned {
        tile_rows = TileRows,
        tile_columns = TileColumns,
        row_bytes = RowBytes,
        stage_count = StageCount,
        b_offset = TileRows * RowBytes,
        stage_bytes = (TileRows + TileColumns) * RowBytes,
        bytes = stage_bytes * StageCount,
        chunks = RowBytes / GP_CHUNK_BYTES,
        rows_a_pass = GP_THREADS / chunks,
    };

    __device__ static __forceinline__ unsigned offset(unsigned row, unsigned chunk) {
        return Swizzle::offset(row, chunk);
    }
};

// What this thread copies next.
template <class R>
struct Loader {
    const char *a, *b;         // matrices, at this thread's row and chunk of the first tile
    const char *next_a, *next_b;  // of the block of depth that is copied next
    size_t stride;             // bytes of a row of A and B
    unsigned to;               // this thread's place in stage 0
    unsigned stage;            // byte offset of the stage that is filled next
    unsigned block, blocks_deep;
    unsigned place, tile_rows, tile_columns;

    __device__ __forceinline__ Loader(const void *a_matrix, const void *b_matrix, unsigned tile_rows_,
                                      unsigned tile_columns_, size_t row_stride, unsigned shared)
        : stride(row_stride), stage(0), block(0), blocks_deep((unsigned)(row_stride / R::row_bytes)),
          place(block_index()), tile_rows(tile_rows_), tile_columns(tile_columns_) {
        const unsigned row = thread_index() / R::chunks, chunk = thread_index() % R::chunks;
        a = (const char *)a_matrix + row * stride + chunk * GP_CHUNK_BYTES;
        b = (const char *)b_matrix + row * stride + chunk * GP_CHUNK_BYTES;
        to = shared + R::offset(row, chunk);
        aim();
    }

    __device__ __forceinline__ void aim() {
        next_a = a + (size_t)(gp_tile_row(place, tile_rows, tile_columns) * R::tile_rows) * stride;
        next_b = b + (size_t)(gp_tile_column(place, tile_rows, tile_columns) * R::tile_columns) * stride;
    }

    // Starts the copies of one block of depth, or of none when all are under way; either way one group.
    __device__ __forceinline__ void load() {
        if (place < tile_rows * tile_columns) {
            const unsigned at = to + stage;
#pragma unroll
            for (unsigned pass = 0; pass < R::tile_rows / R::rows_a_pass; pass++)
                copy_chunk(at + pass * R::rows_a_pass * R::row_bytes, next_a + pass * R::rows_a_pass * stride);
#pragma unroll
            for (unsigned pass = 0; pass < R::tile_columns / R::rows_a_pass; pass++)
                copy_chunk(at + R::b_offset + pass * R::rows_a_pass * R::row_bytes,
                           next_b + pass * R::rows_a_pass * stride);
            next_a += R::row_bytes;
            next_b += R::row_bytes;
            if (++block == blocks_deep) {
                block = 0;
                place += blocks();
                aim();
            }
        }
        commit_copies();
        stage = stage + R::stage_bytes == R::bytes ? 0 : stage + R::stage_bytes;
    }

    __device__ __forceinline__ void load_first() {
#pragma unroll 1
        for (unsigned i = 0; i + 1 < R::stage_count; i++) load();
    }
};

// Waits until the block of depth after the one in use lies in shared memory for all threads, and until no thread reads the
// one before it any more.
template <class R>
__device__ __forceinline__ void next_block_ready() {
    wait_copies<(int)R::stage_count - 2>();
    block_barrier();
}

}  // namespace ampere
