// From accumulators to D. A thread of a warpgroup holds, of each block of eight columns j, columns 2q and 2q + 1 (q = lane
// mod 4) of row r in d[4j], d[4j + 1] and of row r + 8 in d[4j + 2], d[4j + 3]. The four lanes of a row exchange until each
// holds 16 bytes in a row of D, so that every store fills whole 32-byte sectors: 64 bytes of eight rows a warp.
#pragma once

#include "hopper_wgmma.cuh"

namespace hopper {

constexpr u32 kAllLanes = 0xffffffffu;

#ifndef GP_PRODUCT_MODEL

// D is not read again by this kernel: its lines leave L2 before those of A and B. Each type has its own register class:
// floats moved to integer registers here cost the compiler so many that it serialises the products (ptxas C7511).
__device__ __forceinline__ void store_packet(void* to, u32 x, u32 y, u32 z, u32 w) {
    asm volatile("st.global.cs.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(x), "r"(y), "r"(z), "r"(w) : "memory");
}

__device__ __forceinline__ void store_packet(void* to, int x, int y, int z, int w) {
    asm volatile("st.global.cs.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(x), "r"(y), "r"(z), "r"(w) : "memory");
}

__device__ __forceinline__ void store_packet(void* to, float x, float y, float z, float w) {
    asm volatile("st.global.cs.v4.f32 [%0], {%1, %2, %3, %4};" ::"l"(to), "f"(x), "f"(y), "f"(z), "f"(w) : "memory");
}

// To the nearest, ties to even; `low` goes to the lower address.
__device__ __forceinline__ u32 bf16_pair(float low, float high) {
    u32 v;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(v) : "f"(high), "f"(low));
    return v;
}

__device__ __forceinline__ u32 f16_pair(float low, float high) {
    u32 v;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(v) : "f"(high), "f"(low));
    return v;
}

#endif

struct ToBf16 {
    static __device__ __forceinline__ u32 pair(float low, float high) { return bf16_pair(low, high); }
};

struct ToF16 {
    static __device__ __forceinline__ u32 pair(float low, float high) { return f16_pair(low, high); }
};

// One exchange of the transposition: lanes that differ in `bit` swap x of the upper with y of the lower.
template <typename T>
__device__ __forceinline__ void exchange(T& x, T& y, bool upper, int bit) {
    const T got = __shfl_xor_sync(kAllLanes, upper ? x : y, bit);
    if (upper) {
        x = got;
    } else {
        y = got;
    }
}

// Two-byte results: four blocks at a time; lane q ends with all eight columns of block 4g + q.
template <typename Convert>
struct Narrow {
    static constexpr int kBytes = 2;

    static __device__ __forceinline__ void store(const float (&d)[kAccumulators], unsigned char* row, u64 pitch, int lane) {
        const bool odd = lane & 1, high = lane & 2;
        unsigned char* const to = row + 16 * (lane & 3);
#pragma unroll
        for (int g = 0; g < 8; g++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                u32 v[4];
#pragma unroll
                for (int i = 0; i < 4; i++) v[i] = Convert::pair(d[16 * g + 4 * i + 2 * half], d[16 * g + 4 * i + 2 * half + 1]);
                exchange(v[0], v[1], odd, 1);
                exchange(v[2], v[3], odd, 1);
                exchange(v[0], v[2], high, 2);
                exchange(v[1], v[3], high, 2);
                store_packet(to + half * 8 * pitch + g * 64, v[0], v[1], v[2], v[3]);
            }
        }
    }
};

// Four-byte results: two blocks at a time; an even lane ends with four columns of the first, an odd one of the second.
struct Wide {
    static constexpr int kBytes = 4;

    template <typename Sum>
    static __device__ __forceinline__ void store(const Sum (&d)[kAccumulators], unsigned char* row, u64 pitch, int lane) {
        const bool odd = lane & 1;
        unsigned char* const to = row + 32 * (lane & 1) + 16 * ((lane >> 1) & 1);
#pragma unroll
        for (int g = 0; g < 16; g++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                Sum a[2], b[2];
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    a[i] = d[8 * g + 2 * half + i];
                    b[i] = d[8 * g + 4 + 2 * half + i];
                }
                exchange(a[0], b[0], odd, 1);
                exchange(a[1], b[1], odd, 1);
                store_packet(to + half * 8 * pitch + g * 64, a[0], a[1], b[0], b[1]);
            }
        }
    }
};

}  // namespace hopper
