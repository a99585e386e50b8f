// gp_fma_f32, gp_fma_f64: multiply-adds on registers only, for the ratio of the two rates.
#pragma once
#include "base.cuh"

// Independent chains of a thread; abi.rs: `FMA_CHAINS`.
constexpr int CHAINS = 16;

template <class Number> INLINE Number chains(Number a, Number b, i32 iterations) {
  Number x[CHAINS];
#pragma unroll
  for (int j = 0; j < CHAINS; j++) x[j] = a + (Number)(THREAD + j);
#pragma unroll 8
  for (i32 i = 0; i < iterations; i++) {
#pragma unroll
    for (int j = 0; j < CHAINS; j++) x[j] = fused(x[j], b, a);
  }
  Number sum = 0;
#pragma unroll
  for (int j = 0; j < CHAINS; j++) sum += x[j];
  return sum;
}

// The comparison keeps the compiler from leaving the work out; nobody reads what is stored.
constexpr float UNLIKELY = 12345.678f;

KERNEL THREADS_256 void gp_fma_f32(float *out, float a, float b, i32 iterations, ClockMark *mark) {
  mark_start(mark);
  const float sum = chains(a, b, iterations);
  if (sum == UNLIKELY) out[0] = sum;
  mark_end(mark);
}

KERNEL THREADS_256 void gp_fma_f64(double *out, double a, double b, i32 iterations, ClockMark *mark) {
  mark_start(mark);
  const double sum = chains(a, b, iterations);
  if (sum == (double)UNLIKELY) out[0] = sum;
  mark_end(mark);
}
