// Products D = A B^T on tensor cores through mma.sync, for sm_80, sm_86, sm_89, sm_120 and compute_80 (see abi.rs).
//
// Block of 256 threads = 8 warps of 64 x 64 in a tile of 128 x 256. Panels of A and B come to shared memory by cp.async
// (16-byte chunks, xor swizzle, a ring of stages), to registers by ldmatrix one step ahead of the mma that uses them.
// Blocks are persistent and walk the tiles in groups of rows. m, n must be multiples of the tile, k x element bytes of a
// stage's depth.
#ifndef GP_PRODUCT_MODEL
#include "ampere_device.cuh"
#endif
#include "ampere_product.cuh"

namespace ampere {

struct Bf16 {
    typedef float Accumulator;
    enum { bytes = 2 };
    __device__ static __forceinline__ void prepare(Fragments &) {}
    __device__ static __forceinline__ void mma(float *d, const Four &a, unsigned b0, unsigned b1) {
        mma_bf16(d, a, b0, b1);
    }
    __device__ static __forceinline__ unsigned pack(float x, float y) { return pack_bf16(x, y); }
};

struct F16 {
    typedef float Accumulator;
    enum { bytes = 2 };
    __device__ static __forceinline__ void prepare(Fragments &) {}
    __device__ static __forceinline__ void mma(float *d, const Four &a, unsigned b0, unsigned b1) {
        mma_f16(d, a, b0, b1);
    }
    __device__ static __forceinline__ unsigned pack(float x, float y) { return pack_f16(x, y); }
};

struct S8 {
    typedef int Accumulator;
    enum { bytes = 1 };
    __device__ static __forceinline__ void prepare(Fragments &) {}
    __device__ static __forceinline__ void mma(int *d, const Four &a, unsigned b0, unsigned b1) { mma_s8(d, a, b0, b1); }
};

// Inputs are fp32 in memory and rounded to tf32 (nearest, ties away) in registers.
struct Tf32 {
    typedef float Accumulator;
    enum { bytes = 4 };
    __device__ static __forceinline__ void round(Four &v) {
        v.x = round_tf32(v.x), v.y = round_tf32(v.y), v.z = round_tf32(v.z), v.w = round_tf32(v.w);
    }
    __device__ static __forceinline__ void prepare(Fragments &f) {
#pragma unroll
        for (int i = 0; i < FRAGMENT_ROWS; i++) round(f.a[i]);
#pragma unroll
        for (int j = 0; j < FRAGMENT_COLUMNS / 2; j++) round(f.b[j]);
    }
    __device__ static __forceinline__ void mma(float *d, const Four &a, unsigned b0, unsigned b1) {
        mma_tf32(d, a, b0, b1);
    }
};

// Only where mma.sync on e4m3 is an instruction of its own (8.9, 12.0); elsewhere it is made of fp16 products and would
// measure something else.
#if __CUDA_ARCH__ == 890 || __CUDA_ARCH__ >= 1200 || defined(GP_PRODUCT_MODEL)
#define GP_HAS_E4M3 1
struct E4m3 {
    typedef float Accumulator;
    enum { bytes = 1 };
    __device__ static __forceinline__ void prepare(Fragments &) {}
    __device__ static __forceinline__ void mma(float *d, const Four &a, unsigned b0, unsigned b1) {
        mma_e4m3(d, a, b0, b1);
    }
};
#endif

}  // namespace ampere

#define GP_PRODUCT(NAME, IN, OUT)                                                                                      \
    extern "C" __global__ void __launch_bounds__(GP_THREADS, 1)                                                        \
        NAME(const void *a, const void *b, void *d, int m, int n, int k, unsigned long long *mark) {                   \
        ampere::product<ampere::IN, ampere::OUT>(a, b, d, m, n, k, mark);                                              \
    }

GP_PRODUCT(gp_gemm_bf16_bf16, Bf16, Store16<ampere::Bf16>)
GP_PRODUCT(gp_gemm_bf16_f32, Bf16, Store32)
GP_PRODUCT(gp_gemm_f16_f16, F16, Store16<ampere::F16>)
GP_PRODUCT(gp_gemm_f16_f32, F16, Store32)
GP_PRODUCT(gp_gemm_s8_s32, S8, Store32)
GP_PRODUCT(gp_gemm_tf32_f32, Tf32, Store32)
#ifdef GP_HAS_E4M3
GP_PRODUCT(gp_gemm_e4m3_f32, E4m3, Store32)
#endif
