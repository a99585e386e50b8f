// What every scalar kernel starts from: integer types, the launch grid, clock marks. The same sources compile for the GPU
// (device.cuh) and, in a test, as C++ for the CPU (host.hpp): they name no intrinsic and no asm of their own.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int i32;
static_assert(sizeof(u32) == 4 && sizeof(u64) == 8 && sizeof(void *) == 8, "the calling interface counts on these");

// 16 bytes, loaded and stored at once.
struct alignas(16) Words4 {
  u32 x, y, z, w;
};
struct alignas(16) Floats4 {
  float x, y, z, w;
};

// Clocks that thread 0 of block 0 reads at its start and end; abi.rs: `mark`.
struct ClockMark {
  u64 cycles_start, ns_start, cycles_end, ns_end, sm;
};

#ifdef GP_HOST
#include "host.hpp"
#else
#include "device.cuh"
#endif

// Threads of the whole grid, and this thread's number in it.
INLINE u64 grid_threads() { return (u64)GRID_BLOCKS * BLOCK_THREADS; }
INLINE u64 grid_thread() { return (u64)BLOCK * BLOCK_THREADS + THREAD; }

INLINE bool writes_mark(const ClockMark *mark) { return mark != nullptr && BLOCK == 0 && THREAD == 0; }

INLINE void mark_start(ClockMark *mark) {
  if (writes_mark(mark)) {
    mark->sm = read_sm();
    mark->ns_start = read_ns();
    mark->cycles_start = read_cycles();
  }
}

INLINE void mark_end(ClockMark *mark) {
  if (writes_mark(mark)) {
    mark->cycles_end = read_cycles();
    mark->ns_end = read_ns();
  }
}
