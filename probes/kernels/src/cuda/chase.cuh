// gp_ring, gp_chase, gp_chase_map: latency of L2 and memory, by a walk in which each load waits for the one before.
#pragma once
#include "base.cuh"

// 32-bit words of a line of 128 bytes, and lines between the starts of neighbouring blocks of gp_chase_map.
constexpr u32 LINE_WORDS = 32;
constexpr u64 START_LINES = 64;

KERNEL THREADS_256 void gp_ring(u32 *out, u32 lines, u32 a, u32 c) {
  const u64 stride = grid_threads();
#pragma unroll 1
  for (u64 i = grid_thread(); i < lines; i += stride) out[LINE_WORDS * i] = LINE_WORDS * (u32)((a * i + c) % lines);
}

struct Walk {
  u64 cycles;
  u32 last;
};

INLINE Walk walk(const u32 *ring, u32 steps, u32 start) {
  u32 at = start;
  const u64 before = read_cycles();
#pragma unroll 1
  for (u32 step = 0; step < steps; step++) at = load_past_l1(ring + at);
  // No index is that large: the comparison only makes the second reading of the clock wait for the last load.
  if (at == 0xffffffffu) return {0, at};
  return {read_cycles() - before, at};
}

KERNEL ONE_THREAD void gp_chase(const u32 *ring, u32 steps, u32 start, u64 *out) {
  const Walk result = walk(ring, steps, start);
  out[0] = result.cycles;
  out[1] = result.last;
}

KERNEL ONE_THREAD void gp_chase_map(const u32 *ring, u32 steps, u32 lines, u64 *cycles, u32 *sm) {
  const u32 start = LINE_WORDS * (u32)(BLOCK * START_LINES % lines);
  const Walk result = walk(ring, steps, start);
  cycles[BLOCK] = result.cycles;
  sm[BLOCK] = read_sm();
}
