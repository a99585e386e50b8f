// The GPU's side of base.cuh: launch grid, clocks, and loads and stores with the cache behaviour that a measurement needs.
#pragma once

#define INLINE __device__ __forceinline__
#define KERNEL extern "C" __global__
#define GRID_BLOCKS gridDim.x
#define BLOCK_THREADS blockDim.x
#define BLOCK blockIdx.x
#define THREAD threadIdx.x

// Kernels of 512 threads that time memory: as many blocks as a multiprocessor has threads for, so that the grid of
// 4 blocks a multiprocessor is resident at once where it has 2048 (7.0, 8.0, 9.0, 10.0); 1024 on 7.5, 1536 elsewhere.
#if __CUDA_ARCH__ == 750
#define STREAMING __launch_bounds__(512, 2)
#elif __CUDA_ARCH__ == 860 || __CUDA_ARCH__ == 890 || __CUDA_ARCH__ >= 1200
#define STREAMING __launch_bounds__(512, 3)
#else
#define STREAMING __launch_bounds__(512, 4)
#endif
#define THREADS_256 __launch_bounds__(256)
#define ONE_THREAD __launch_bounds__(1)
#define ONE_WARP __launch_bounds__(32)

INLINE u64 read_cycles() {
  u64 value;
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(value)::"memory");
  return value;
}

INLINE u64 read_ns() {
  u64 value;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(value)::"memory");
  return value;
}

INLINE u32 read_sm() {
  u32 value;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(value));
  return value;
}

INLINE u32 read_sm_bound() {
  u32 value;
  asm volatile("mov.u32 %0, %%nsmid;" : "=r"(value));
  return value;
}

// 16 bytes that are read once: they stay out of L1, and from Ampere on L2 is told to fetch its largest unit.
INLINE Words4 load_once(const Words4 *from) {
  Words4 value;
#if __CUDA_ARCH__ >= 800
  asm volatile("ld.global.nc.L1::no_allocate.L2::256B.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "l"(from));
#else
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "l"(from));
#endif
  return value;
}

INLINE Floats4 load_once(const Floats4 *from) {
  const Words4 words = load_once(reinterpret_cast<const Words4 *>(from));
  return {__uint_as_float(words.x), __uint_as_float(words.y), __uint_as_float(words.z), __uint_as_float(words.w)};
}

// 16 bytes that nobody reads soon.
INLINE void store_once(Words4 *to, Words4 value) {
  asm volatile("st.global.cs.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(value.x), "r"(value.y), "r"(value.z), "r"(value.w)
               : "memory");
}

INLINE void store_once(Floats4 *to, Floats4 value) {
  store_once(reinterpret_cast<Words4 *>(to), Words4{__float_as_uint(value.x), __float_as_uint(value.y),
                                                    __float_as_uint(value.z), __float_as_uint(value.w)});
}

// From L2, never from L1.
INLINE u32 load_past_l1(const u32 *from) {
  u32 value;
  asm volatile("ld.global.cg.u32 %0, [%1];" : "=r"(value) : "l"(from) : "memory");
  return value;
}

// Memory that the host writes to at any time.
INLINE u32 load_shared_with_host(const u32 *from) { return *static_cast<const volatile u32 *>(from); }

// All 32 threads of a warp call it.
INLINE void xor_into(u32 *total, u32 value) {
#if __CUDA_ARCH__ >= 800
  value = __reduce_xor_sync(0xffffffffu, value);
#else
#pragma unroll
  for (int distance = 16; distance > 0; distance >>= 1) value ^= __shfl_xor_sync(0xffffffffu, value, distance);
#endif
  if ((THREAD & 31) == 0) atomicXor(total, value);
}

INLINE void add_into(u64 *total, u64 value) { atomicAdd(total, value); }

// One rounding, to nearest even.
INLINE float multiply(float a, float b) { return __fmul_rn(a, b); }
INLINE float fused(float a, float b, float c) { return __fmaf_rn(a, b, c); }
INLINE double fused(double a, double b, double c) { return __fma_rn(a, b, c); }
INLINE float from_int(i32 value) { return __int2float_rn(value); }
INLINE i32 round_to_int(float value) { return __float2int_rn(value); }
INLINE u32 bits_of(float value) { return __float_as_uint(value); }
INLINE u32 high_product(u32 a, u32 b) { return __umulhi(a, b); }
// Position of the highest bit that is set; `value` is not 0.
INLINE u32 log2_floor(u64 value) { return 63 - __clzll((long long)value); }
