// gp_fill_normal, gp_fill_integers: the matrices of the products, a function of key, matrix and index only.
#pragma once
#include "formats.cuh"

constexpr u32 NORMAL_TAG = 0x4e524d4c;
constexpr u32 INTEGERS_TAG = 0x494e5447;
// Mean of the sum of 16 uniform bytes, and one over its standard deviation √(16 · 65535 / 12) = 295.6.
constexpr i32 SUM_MEAN = 2040;
constexpr float NORMAL_SCALE = (float)(1.0 / 295.6);
// int8 products get 32 steps a standard deviation.
constexpr float INT8_STEPS = 32.0f;

// Philox4x32-10 (Salmon et al., SC'11).
INLINE Words4 philox(Words4 c, u64 key) {
  u32 k0 = (u32)key, k1 = (u32)(key >> 32);
#pragma unroll
  for (int round = 0; round < 10; round++) {
    const u32 high0 = high_product(0xd2511f53u, c.x), low0 = 0xd2511f53u * c.x;
    const u32 high1 = high_product(0xcd9e8d57u, c.z), low1 = 0xcd9e8d57u * c.z;
    c = {high1 ^ c.y ^ k0, low1, high0 ^ c.w ^ k1, low0};
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  return c;
}

INLINE u32 byte_sum(u32 word) {
  const u32 pairs = (word & 0x00ff00ffu) + ((word >> 8) & 0x00ff00ffu);
  return (pairs & 0xffffu) + (pairs >> 16);
}

KERNEL THREADS_256 void gp_fill_normal(void *out, u64 n, u64 key, u32 matrix, u32 format) {
  const u64 stride = grid_threads();
#pragma unroll 1
  for (u64 i = grid_thread(); i < n; i += stride) {
    const Words4 block = philox({(u32)i, (u32)(i >> 32), matrix, NORMAL_TAG}, key);
    const i32 sum = (i32)(byte_sum(block.x) + byte_sum(block.y) + byte_sum(block.z) + byte_sum(block.w));
    const float z = multiply(from_int(sum - SUM_MEAN), NORMAL_SCALE);
    store_element(out, i, format, format == INT8 ? multiply(z, INT8_STEPS) : z);
  }
}

KERNEL THREADS_256 void gp_fill_integers(void *out, u64 n, u64 key, u32 matrix, u32 format, i32 hi) {
  const u64 stride = grid_threads();
#pragma unroll 1
  for (u64 i = grid_thread(); i < n; i += stride) {
    const u64 group = i / 8;
    const u32 lane = (u32)i % 8;
    const Words4 block = philox({(u32)group, (u32)(group >> 32), matrix, INTEGERS_TAG}, key);
    const u32 word = lane < 4 ? (lane < 2 ? block.x : block.y) : (lane < 6 ? block.z : block.w);
    const u32 half = (word >> (16 * (lane % 2))) & 0xffffu;
    const i32 value = (i32)((half * (u32)(2 * hi + 1)) >> 16) - hi;
    store_element(out, i, format, from_int(value));
  }
}
