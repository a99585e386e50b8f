// Warpgroup products m64n256 of sm_90a, one per input format: D += A·Bᵀ with both operands in shared memory, K-major rows
// of 128 bytes under the 128-byte swizzle. One step takes 32 bytes of K whatever the format.
#pragma once

#include "hopper_async.cuh"

namespace hopper {

// Accumulators of one thread for 64 × 256 results of a warpgroup.
constexpr int kAccumulators = 128;
// Bytes from one group of eight 128-byte rows to the next: the descriptor's stride.
constexpr int kStrideBytes = 1024;
// One step of K inside a swizzled row, in the descriptor's unit of 16 bytes.
constexpr int kStepUnits = 2;

// Bits 0..13 address / 16, 16..29 leading offset / 16 (not used by this layout), 32..45 stride / 16, 62..63 = 1: 128-byte
// swizzle. Base offset (49..51) is zero because every operand starts at a multiple of 1,024.
__device__ __forceinline__ u64 descriptor(u32 address) {
    return static_cast<u64>((address & 0x3ffff) >> 4) | (1ull << 16) | (static_cast<u64>(kStrideBytes >> 4) << 32) | (1ull << 62);
}

#ifndef GP_PRODUCT_MODEL

// Orders register accesses of this warpgroup before its next products.
__device__ __forceinline__ void products_fence() {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void products_commit() {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

// Waits until at most N groups are under way.
template <int N>
__device__ __forceinline__ void products_wait() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(N) : "memory");
}

// To the compiler a product is over when its instruction is issued; this keeps reads of the accumulators behind the wait
// that comes before it.
__device__ __forceinline__ void pin(float& x) { asm volatile("" : "+f"(x)::"memory"); }
__device__ __forceinline__ void pin(int& x) { asm volatile("" : "+r"(x)::"memory"); }

#define GP_D8(C, i) C(d[i]), C(d[i + 1]), C(d[i + 2]), C(d[i + 3]), C(d[i + 4]), C(d[i + 5]), C(d[i + 6]), C(d[i + 7])
#define GP_D32(C, i) GP_D8(C, i), GP_D8(C, i + 8), GP_D8(C, i + 16), GP_D8(C, i + 24)
#define GP_D128(C) GP_D32(C, 0), GP_D32(C, 32), GP_D32(C, 64), GP_D32(C, 96)

// `accumulate` zero: D = A·Bᵀ, whatever the registers hold.
#define GP_WGMMA(SHAPE_AND_TYPES, MODIFIERS, C)                                                                              \
    asm volatile(                                                                                                            \
        "{\n"                                                                                                                \
        ".reg .pred add;\n"                                                                                                  \
        "setp.ne.b32 add, %130, 0;\n"                                                                                        \
        "wgmma.mma_async.sync.aligned." SHAPE_AND_TYPES                                                                      \
        " {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "                                           \
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "                                   \
        "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "                                   \
        "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "                                   \
        "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "                                   \
        "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "                                   \
        "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, "                       \
        "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, "                  \
        "%128, %129, add" MODIFIERS ";\n"                                                                                    \
        "}"                                                                                                                  \
        : GP_D128(C)                                                                                                         \
        : "l"(a), "l"(b), "r"(accumulate))

#endif

template <typename T>
__device__ __forceinline__ void pin_all(T (&d)[kAccumulators]) {
#pragma unroll
    for (int i = 0; i < kAccumulators; i++) pin(d[i]);
}

#define GP_FLOAT(x) "+f"(x)
#define GP_INT(x) "+r"(x)

// Signs of A and B (", 1, 1"), and for two-byte formats how each lies in memory (", 0, 0": K-major).
struct Bf16 {
    static constexpr int kBytes = 2;
    using Sum = float;
    static __device__ __forceinline__ void multiply(float (&d)[kAccumulators], u64 a, u64 b, int accumulate) {
        GP_WGMMA("m64n256k16.f32.bf16.bf16", ", 1, 1, 0, 0", GP_FLOAT);
    }
};

struct F16 {
    static constexpr int kBytes = 2;
    using Sum = float;
    static __device__ __forceinline__ void multiply(float (&d)[kAccumulators], u64 a, u64 b, int accumulate) {
        GP_WGMMA("m64n256k16.f32.f16.f16", ", 1, 1, 0, 0", GP_FLOAT);
    }
};

struct E4m3 {
    static constexpr int kBytes = 1;
    using Sum = float;
    static __device__ __forceinline__ void multiply(float (&d)[kAccumulators], u64 a, u64 b, int accumulate) {
        GP_WGMMA("m64n256k32.f32.e4m3.e4m3", ", 1, 1", GP_FLOAT);
    }
};

// Sums wrap: no `.satfinite`.
struct S8 {
    static constexpr int kBytes = 1;
    using Sum = int;
    static __device__ __forceinline__ void multiply(int (&d)[kAccumulators], u64 a, u64 b, int accumulate) {
        GP_WGMMA("m64n256k32.s32.s8.s8", "", GP_INT);
    }
};

// Reads 32-bit floats and leaves their 13 low bits out.
struct Tf32 {
    static constexpr int kBytes = 4;
    using Sum = float;
    static __device__ __forceinline__ void multiply(float (&d)[kAccumulators], u64 a, u64 b, int accumulate) {
        GP_WGMMA("m64n256k8.f32.tf32.tf32", ", 1, 1", GP_FLOAT);
    }
};

}  // namespace hopper
