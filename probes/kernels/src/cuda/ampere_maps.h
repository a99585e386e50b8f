// Constants and index maps of the products that take pointers (gemm80.cu, gemm_f64.cu).
//
// Plain C on purpose: the same text is compiled for the GPU by NVRTC and for the CPU by the tests, which compare every
// map with the models in `layout::ampere`.
#pragma once

#ifdef __CUDACC__
#define GP_MAP __device__ __forceinline__
#else
#define GP_MAP static inline
#endif

enum {
    GP_THREADS = 256,
    GP_CHUNK_BYTES = 16,  // one asynchronous copy, one row of an 8x8 matrix of ldmatrix
    GP_STEP_BYTES = 32,   // depth of one mma in bytes: 16 x bf16/fp16, 32 x int8/e4m3, 8 x tf32
    GP_RASTER_GROUP = 8,  // tile rows that are walked together, so that their operands stay in L2

    // Products with 1-, 2- and 4-byte inputs: D tile of a block, of a warp.
    GP_TILE_ROWS = 128,
    GP_TILE_COLUMNS = 256,
    GP_WARP_ROWS = 64,
    GP_WARP_COLUMNS = 64,

    // fp64.
    GP_F64_TILE_ROWS = 128,
    GP_F64_TILE_COLUMNS = 128,
    GP_F64_WARP_ROWS = 32,
    GP_F64_WARP_COLUMNS = 64,
    GP_F64_ROW_BYTES = 128,
    GP_F64_STAGES = 3,
};

// Depth of one stage in bytes and number of stages. 64 x 4 needs 96 KiB and fits every architecture from 8.0 on (99 KiB on
// 8.6, 8.9 and 12.0); sm_80 has 128 x 3, see ampere_deep.cuh.
#ifndef GP_ROW_BYTES
#define GP_ROW_BYTES 64
#define GP_STAGES 4
#endif

// Byte offset of a 16-byte chunk in a panel whose rows are 64 or 128 bytes: chunks are exchanged inside a 128-byte line so
// that eight rows with the same chunk lie in eight different bank groups.
GP_MAP unsigned gp_swizzle(unsigned row_bytes, unsigned row, unsigned chunk) {
    unsigned turned = row_bytes == 64 ? chunk ^ ((row >> 1) & 3) : chunk ^ (row & 7);
    return row * row_bytes + turned * GP_CHUNK_BYTES;
}

// The same for fp64 panels (128-byte rows), where a quarter of a warp reads four chunks of two neighbouring rows.
GP_MAP unsigned gp_f64_swizzle(unsigned row, unsigned chunk) {
    return row * GP_F64_ROW_BYTES + (chunk ^ ((row & 1) << 2)) * GP_CHUNK_BYTES;
}

// Address that a lane gives to ldmatrix.x4 for a 16-row fragment of A: rows 0-7 | 8-15 of the first chunk, then of the second.
GP_MAP unsigned gp_a_row(unsigned lane) { return lane & 15; }
GP_MAP unsigned gp_a_chunk(unsigned lane) { return lane >> 4; }

// The same for two 8-column fragments of B (rows of B are columns of D): both chunks of rows 0-7, then of rows 8-15.
GP_MAP unsigned gp_b_row(unsigned lane) { return (lane & 7) | ((lane >> 4) << 3); }
GP_MAP unsigned gp_b_chunk(unsigned lane) { return (lane >> 3) & 1; }

// fp64: row and chunk (two doubles) that a lane reads for an 8-row fragment, of the first eight of the stage's 16 depths;
// the other eight are four chunks on, which is 64 bytes to and fro also after the swizzle.
GP_MAP unsigned gp_f64_row(unsigned lane) { return lane >> 2; }
GP_MAP unsigned gp_f64_chunk(unsigned lane) { return lane & 3; }

// Where a warp's part lies in the tile.
GP_MAP unsigned gp_warp_row(unsigned warp) { return (warp % (GP_TILE_ROWS / GP_WARP_ROWS)) * GP_WARP_ROWS; }
GP_MAP unsigned gp_warp_column(unsigned warp) { return (warp / (GP_TILE_ROWS / GP_WARP_ROWS)) * GP_WARP_COLUMNS; }
GP_MAP unsigned gp_f64_warp_row(unsigned warp) {
    return (warp % (GP_F64_TILE_ROWS / GP_F64_WARP_ROWS)) * GP_F64_WARP_ROWS;
}
GP_MAP unsigned gp_f64_warp_column(unsigned warp) {
    return (warp / (GP_F64_TILE_ROWS / GP_F64_WARP_ROWS)) * GP_F64_WARP_COLUMNS;
}

// Row of D inside a 16-row fragment that a lane holds; `half` is which 8 of the 16 rows.
GP_MAP unsigned gp_d_row(unsigned lane, unsigned half) { return half * 8 + (lane >> 2); }

// First column of the 16-byte packet that a lane stores after the exchange inside its group of four lanes, relative to the
// group of fragments exchanged: four fragments of 8 columns for 2-byte results, two for 4-byte results.
GP_MAP unsigned gp_d_column_16(unsigned lane) { return (lane & 3) * 8; }
GP_MAP unsigned gp_d_column_32(unsigned lane) { return (lane & 1) * 8 + ((lane >> 1) & 1) * 4; }
GP_MAP unsigned gp_d_column_64(unsigned lane) { return (lane & 3) * 2; }

// Tile that a place in the walk stands for: groups of GP_RASTER_GROUP tile rows, column by column inside a group.
GP_MAP unsigned gp_group_rows(unsigned first, unsigned tile_rows) {
    const unsigned group = GP_RASTER_GROUP;
    return tile_rows - first < group ? tile_rows - first : group;
}
GP_MAP unsigned gp_tile_row(unsigned place, unsigned tile_rows, unsigned tile_columns) {
    const unsigned first = place / (GP_RASTER_GROUP * tile_columns) * GP_RASTER_GROUP;
    return first + place % (GP_RASTER_GROUP * tile_columns) % gp_group_rows(first, tile_rows);
}
GP_MAP unsigned gp_tile_column(unsigned place, unsigned tile_rows, unsigned tile_columns) {
    const unsigned first = place / (GP_RASTER_GROUP * tile_columns) * GP_RASTER_GROUP;
    return place % (GP_RASTER_GROUP * tile_columns) / gp_group_rows(first, tile_rows);
}
