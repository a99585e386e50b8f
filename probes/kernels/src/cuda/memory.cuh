// gp_linear_fill, gp_read, gp_write, gp_copy, gp_triad: bandwidth of memory. gp_fill, gp_verify: what memory holds.
#pragma once
#include "base.cuh"

// Loads of 16 bytes that a thread has in flight: with 2048 threads 128 KB a multiprocessor, far more than latency times
// bandwidth asks for. A copy has a second pointer to keep in its 32 registers, and half as many.
constexpr int IN_FLIGHT = 4;
constexpr int COPY_IN_FLIGHT = 2;

// One xorshift step: linear over GF(2), so that the xor of a range of words has a closed form.
INLINE u32 scramble(u32 x) {
  x ^= x << 13;
  x ^= x >> 17;
  return x ^ (x << 5);
}

KERNEL THREADS_256 void gp_linear_fill(u32 *out, u64 words, u32 seed, u64 first) {
  const u64 stride = grid_threads();
#pragma unroll 1
  for (u64 i = grid_thread(); i < words; i += stride) out[i] = scramble((u32)(first + i)) ^ seed;
}

INLINE u32 fold(Words4 v) { return v.x ^ v.y ^ v.z ^ v.w; }

// How many elements a thread visits that begins at `first` and goes on by `stride`.
INLINE u64 visits(u64 n, u64 first, u64 stride) { return first < n ? (n - 1 - first) / stride + 1 : 0; }

// Pointers that move on leave registers for loads in flight: with an index for each, they do not fit into the 32 that 2048
// threads have.
KERNEL STREAMING void gp_read(const Words4 *in, u64 n16, u32 *out, ClockMark *mark) {
  mark_start(mark);
  const u64 stride = grid_threads();
  u64 left = visits(n16, grid_thread(), stride);
  const Words4 *from = in + grid_thread();
  u32 sum = 0;
#pragma unroll 1
  for (; left >= IN_FLIGHT; left -= IN_FLIGHT) {
    Words4 words[IN_FLIGHT];
#pragma unroll
    for (int j = 0; j < IN_FLIGHT; j++, from += stride) words[j] = load_once(from);
#pragma unroll
    for (int j = 0; j < IN_FLIGHT; j++) sum ^= fold(words[j]);
  }
#pragma unroll 1
  for (; left > 0; left--, from += stride) sum ^= fold(load_once(from));
  xor_into(out, sum);
  mark_end(mark);
}

KERNEL STREAMING void gp_write(Words4 *out, u64 n16, u32 value, ClockMark *mark) {
  mark_start(mark);
  const u64 stride = grid_threads();
  u64 left = visits(n16, grid_thread(), stride);
  Words4 *to = out + grid_thread();
#pragma unroll 4
  for (; left > 0; left--, to += stride) store_once(to, Words4{value, value, value, value});
  mark_end(mark);
}

KERNEL STREAMING void gp_copy(Words4 *out, const Words4 *in, u64 n16, ClockMark *mark) {
  mark_start(mark);
  const u64 stride = grid_threads();
  u64 left = visits(n16, grid_thread(), stride);
  const Words4 *from = in + grid_thread();
  Words4 *to = out + grid_thread();
#pragma unroll 1
  for (; left >= COPY_IN_FLIGHT; left -= COPY_IN_FLIGHT) {
    Words4 words[COPY_IN_FLIGHT];
#pragma unroll
    for (int j = 0; j < COPY_IN_FLIGHT; j++, from += stride) words[j] = load_once(from);
#pragma unroll
    for (int j = 0; j < COPY_IN_FLIGHT; j++, to += stride) store_once(to, words[j]);
  }
#pragma unroll 1
  for (; left > 0; left--, from += stride, to += stride) store_once(to, load_once(from));
  mark_end(mark);
}

INLINE Floats4 triad(Floats4 b, Floats4 c, float k) {
  return {fused(k, c.x, b.x), fused(k, c.y, b.y), fused(k, c.z, b.z), fused(k, c.w, b.w)};
}

KERNEL STREAMING void gp_triad(Floats4 *a, const Floats4 *b, const Floats4 *c, float k, u64 n16, ClockMark *mark) {
  mark_start(mark);
  const u64 stride = grid_threads();
  u64 i = grid_thread();
#pragma unroll 1
  for (; i + stride < n16; i += 2 * stride) {
    const Floats4 b0 = load_once(b + i), c0 = load_once(c + i);
    const Floats4 b1 = load_once(b + i + stride), c1 = load_once(c + i + stride);
    store_once(a + i, triad(b0, c0, k));
    store_once(a + i + stride, triad(b1, c1, k));
  }
  if (i < n16) store_once(a + i, triad(load_once(b + i), load_once(c + i), k));
  mark_end(mark);
}

// The finaliser of MurmurHash3: a permutation of the 64-bit words.
INLINE u64 mix64(u64 x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdull;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ull;
  return x ^ (x >> 33);
}

KERNEL THREADS_256 void gp_fill(u64 *out, u64 n, u64 seed, u64 base) {
  const u64 stride = grid_threads();
#pragma unroll 2
  for (u64 i = grid_thread(); i < n; i += stride) out[i] = mix64(seed + base + i);
}

KERNEL THREADS_256 void gp_verify(const u64 *in, u64 n, u64 seed, u64 base, u64 *bad) {
  const u64 stride = grid_threads();
  u64 wrong = 0;
#pragma unroll 4
  for (u64 i = grid_thread(); i < n; i += stride) wrong += in[i] != mix64(seed + base + i);
  if (wrong != 0) add_into(bad, wrong);
}
