// The instructions that the products of gemm80.cu and gemm_f64.cu are made of. The tests replace this file by a model of
// the same functions on the CPU (`tests/product_model.h`) and run the kernels' own text.
#pragma once

namespace ampere {

typedef unsigned long long u64;

struct Four {
    unsigned x, y, z, w;
};

struct TwoDoubles {
    double x, y;
};

__device__ __forceinline__ unsigned thread_index() { return threadIdx.x; }
__device__ __forceinline__ unsigned block_index() { return blockIdx.x; }
__device__ __forceinline__ unsigned blocks() { return gridDim.x; }

__device__ __forceinline__ unsigned shared_base() {
    extern __shared__ __align__(1024) unsigned char gp_shared[];
    return (unsigned)__cvta_generic_to_shared(gp_shared);
}

// 16 bytes from global to shared memory, past the registers and L1; the rest of the 128-byte line comes to L2.
__device__ __forceinline__ void copy_chunk(unsigned to, const void *from) {
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
}

__device__ __forceinline__ void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until at most `Pending` of this thread's groups of copies are under way.
template <int Pending>
__device__ __forceinline__ void wait_copies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

__device__ __forceinline__ void block_barrier() { __syncthreads(); }

// Four 8x8 matrices of 16-bit pairs: lane l gives the address of row l % 8 of matrix l / 8 and receives bytes
// 4 (l % 4) .. + 4 of row l / 4 of each.
__device__ __forceinline__ void load_matrices(Four &to, unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to.x), "=r"(to.y), "=r"(to.z), "=r"(to.w)
                 : "r"(address)
                 : "memory");
}

__device__ __forceinline__ TwoDoubles load_two_doubles(unsigned address) {
    TwoDoubles to;
    asm volatile("ld.shared.v2.f64 {%0, %1}, [%2];" : "=d"(to.x), "=d"(to.y) : "r"(address) : "memory");
    return to;
}

__device__ __forceinline__ void store_16_bytes(void *to, Four value) {
    asm volatile("st.global.cs.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(value.x), "r"(value.y), "r"(value.z),
                 "r"(value.w)
                 : "memory");
}

__device__ __forceinline__ void store_two_doubles(void *to, double x, double y) {
    asm volatile("st.global.cs.v2.f64 [%0], {%1, %2};" ::"l"(to), "d"(x), "d"(y) : "memory");
}

// The value of the lane whose index differs in the bits of `mask`.
__device__ __forceinline__ unsigned exchange(unsigned value, unsigned mask) {
    return __shfl_xor_sync(0xffffffffu, value, mask);
}

__device__ __forceinline__ unsigned bits(float value) { return __float_as_uint(value); }
__device__ __forceinline__ unsigned bits(int value) { return (unsigned)value; }

// Two values rounded to nearest even, the first in the low half.
__device__ __forceinline__ unsigned pack_bf16(float first, float second) {
    unsigned to;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(to) : "f"(second), "f"(first));
    return to;
}

__device__ __forceinline__ unsigned pack_f16(float first, float second) {
    unsigned to;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(to) : "f"(second), "f"(first));
    return to;
}

// fp32 to tf32, to nearest, ties away from zero: mma would cut the low 13 bits off.
__device__ __forceinline__ unsigned round_tf32(unsigned value) {
    unsigned to;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(to) : "f"(__uint_as_float(value)));
    return to;
}

#define GP_MMA(NAME, SHAPE_AND_TYPES, ACCUMULATOR, CONSTRAINT)                                                         \
    __device__ __forceinline__ void NAME(ACCUMULATOR *d, const Four &a, unsigned b0, unsigned b1) {                    \
        asm volatile("mma.sync.aligned." SHAPE_AND_TYPES                                                               \
                     " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                                \
                     : "+" CONSTRAINT(d[0]), "+" CONSTRAINT(d[1]), "+" CONSTRAINT(d[2]), "+" CONSTRAINT(d[3])          \
                     : "r"(a.x), "r"(a.y), "r"(a.z), "r"(a.w), "r"(b0), "r"(b1));                                      \
    }

GP_MMA(mma_bf16, "m16n8k16.row.col.f32.bf16.bf16.f32", float, "f")
GP_MMA(mma_f16, "m16n8k16.row.col.f32.f16.f16.f32", float, "f")
GP_MMA(mma_tf32, "m16n8k8.row.col.f32.tf32.tf32.f32", float, "f")
GP_MMA(mma_s8, "m16n8k32.row.col.s32.s8.s8.s32", int, "r")
#if __CUDA_ARCH__ >= 890
GP_MMA(mma_e4m3, "m16n8k32.row.col.f32.e4m3.e4m3.f32", float, "f")
#endif
#undef GP_MMA

// Depth 16 of 16 rows and 8 columns in fp64. `a` holds depths {x, y} of rows 0-7 and 8-15 for the first and for the second
// eight depths; `b` likewise. Lane l has rows l / 4 and, of the instruction's depths, l % 4 of every four. `low` and `high`
// are rows 0-7 and 8-15 of the result. Hopper has one instruction for it; its 8x8x4 form is said to run at part of the rate.
__device__ __forceinline__ void mma_f64(double *low, double *high, const TwoDoubles (&a)[2][2], const TwoDoubles (&b)[2]) {
#if __CUDA_ARCH__ == 900
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f64.f64.f64.f64 {%0, %1, %2, %3}, "
                 "{%4, %5, %6, %7, %8, %9, %10, %11}, {%12, %13, %14, %15}, {%0, %1, %2, %3};"
                 : "+d"(low[0]), "+d"(low[1]), "+d"(high[0]), "+d"(high[1])
                 : "d"(a[0][0].x), "d"(a[1][0].x), "d"(a[0][0].y), "d"(a[1][0].y), "d"(a[0][1].x), "d"(a[1][1].x),
                   "d"(a[0][1].y), "d"(a[1][1].y), "d"(b[0].x), "d"(b[0].y), "d"(b[1].x), "d"(b[1].y));
#else
#define GP_MMA_F64(D, A, B)                                                                                            \
    asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, {%3}, {%0, %1};"                     \
                 : "+d"(D[0]), "+d"(D[1])                                                                              \
                 : "d"(A), "d"(B))
#pragma unroll
    for (int eight = 0; eight < 2; eight++) {
        GP_MMA_F64(low, a[0][eight].x, b[eight].x);
        GP_MMA_F64(high, a[1][eight].x, b[eight].x);
        GP_MMA_F64(low, a[0][eight].y, b[eight].y);
        GP_MMA_F64(high, a[1][eight].y, b[eight].y);
    }
#undef GP_MMA_F64
#endif
}

// Who and when, for the probe: see `ClockMark`.
__device__ __forceinline__ void note_clock(u64 *mark, int end) {
    if (mark == 0 || block_index() != 0 || thread_index() != 0) return;
    u64 ns;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(ns)::"memory");
    mark[end ? 2 : 0] = (u64)clock64();
    mark[end ? 3 : 1] = ns;
    if (end) {
        unsigned sm;
        asm volatile("mov.u32 %0, %%smid;" : "=r"(sm));
        mark[4] = sm;
    }
}

}  // namespace ampere
