// The CPU's side of base.cuh: one thread of the grid after the other, as plain C++. A test compiles it (tests/host_build.rs)
// to show that the sources and the models in Rust say the same. No kernel counts on another thread of its block.
#pragma once

#include <cmath>
#include <cstring>
#include <vector>

#define INLINE static inline
#define KERNEL extern "C"
#define STREAMING
#define THREADS_256
#define ONE_THREAD
#define ONE_WARP

namespace host {
// Where the thread is that runs now.
struct Place {
  u32 blocks, threads, block, thread;
};
inline Place place;
// What %globaltimer answers, one reading after the other; beyond the end it stands still.
inline std::vector<u64> times;
inline size_t readings;
inline u64 cycles;

// Runs a kernel over its whole grid.
template <class Kernel, class... Arguments> void launch(u32 blocks, u32 threads, Kernel kernel, Arguments... arguments) {
  for (u32 block = 0; block < blocks; block++)
    for (u32 thread = 0; thread < threads; thread++) {
      place = {blocks, threads, block, thread};
      kernel(arguments...);
    }
}
} // namespace host

#define GRID_BLOCKS host::place.blocks
#define BLOCK_THREADS host::place.threads
#define BLOCK host::place.block
#define THREAD host::place.thread

INLINE u64 read_cycles() { return host::cycles += 100; }
INLINE u64 read_ns() {
  if (host::times.empty()) return 0;
  const size_t last = host::times.size() - 1;
  const size_t at = host::readings++;
  return host::times[at < last ? at : last];
}
INLINE u32 read_sm() { return 1000 + BLOCK; }
INLINE u32 read_sm_bound() { return 1000 + GRID_BLOCKS; }

template <class Packet> INLINE Packet load_once(const Packet *from) { return *from; }
template <class Packet> INLINE void store_once(Packet *to, Packet value) { *to = value; }
INLINE u32 load_past_l1(const u32 *from) { return *from; }
INLINE u32 load_shared_with_host(const u32 *from) { return *from; }
INLINE void xor_into(u32 *total, u32 value) { *total ^= value; }
INLINE void add_into(u64 *total, u64 value) { *total += value; }

INLINE float multiply(float a, float b) { return a * b; }
INLINE float fused(float a, float b, float c) { return std::fma(a, b, c); }
INLINE double fused(double a, double b, double c) { return std::fma(a, b, c); }
INLINE float from_int(i32 value) { return (float)value; }
INLINE i32 round_to_int(float value) { return (i32)std::lrint(value); }
INLINE u32 bits_of(float value) {
  u32 bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
INLINE u32 high_product(u32 a, u32 b) { return (u32)(((u64)a * b) >> 32); }
INLINE u32 log2_floor(u64 value) { return 63 - (u32)__builtin_clzll(value); }
