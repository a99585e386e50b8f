// Barriers, tensor-map loads and cluster operations of sm_90: one PTX instruction a function, no policy.
// NVRTC has no standard headers, so the integer types are ours. `tests/hopper_model.cpp` replaces the functions by a model
// and runs the kernels' own text on the CPU.
#pragma once

namespace hopper {

typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

// A CUtensorMap: opaque, 128 bytes, 64-byte aligned.
struct __align__(64) TensorMap {
    u64 words[16];
};

// Five words for the clock of block 0; the order is `ClockMark`'s.
struct ClockMark {
    u64 cycles_start, ns_start, cycles_end, ns_end, sm;
};

#ifndef GP_PRODUCT_MODEL

// Address of the dynamic shared memory in the window of shared addresses.
__device__ __forceinline__ u32 shared_base() {
    extern __shared__ unsigned char gp_hopper_shared[];
    return static_cast<u32>(__cvta_generic_to_shared(gp_hopper_shared));
}

// ---- clocks ----

__device__ __forceinline__ u64 cycles() {
    u64 v;
    asm volatile("mov.u64 %0, %%clock64;" : "=l"(v)::"memory");
    return v;
}

__device__ __forceinline__ u64 nanoseconds() {
    u64 v;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(v)::"memory");
    return v;
}

__device__ __forceinline__ u32 multiprocessor() {
    u32 v;
    asm volatile("mov.u32 %0, %%smid;" : "=r"(v));
    return v;
}

// ---- clusters ----

__device__ __forceinline__ u32 cluster_rank() {
    u32 v;
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(v));
    return v;
}

// Not the `.aligned` form: the producer's lanes come here at different times.
__device__ __forceinline__ void cluster_sync() {
    asm volatile(
        "barrier.cluster.arrive.release;\n"
        "barrier.cluster.wait.acquire;" ::
            : "memory");
}

// ---- mbarriers ----

__device__ __forceinline__ void barrier_init(u32 barrier, u32 arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

// Makes initialised barriers visible to the other blocks of the cluster and to the asynchronous proxy.
__device__ __forceinline__ void barrier_init_fence() {
    asm volatile(
        "fence.mbarrier_init.release.cluster;\n"
        "fence.proxy.async.shared::cta;" ::
            : "memory");
}

// One arrival that also announces `bytes` to come; the phase ends when both counts are zero.
__device__ __forceinline__ void barrier_arrive_expect(u32 barrier, u32 bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}

// Arrives at the barrier with the same offset in block `rank` of the cluster (the own block included). It stands for reads
// that are over and publishes no writes, so it needs no release at the cluster's scope, which would be a fence of the whole
// GPU at every stage and would wait for the stores of results.
__device__ __forceinline__ void barrier_arrive_at(u32 barrier, u32 rank) {
    asm volatile(
        "{\n"
        ".reg .b32 remote;\n"
        "mapa.shared::cluster.u32 remote, %0, %1;\n"
        "mbarrier.arrive.shared::cluster.b64 _, [remote];\n"
        "}" ::"r"(barrier), "r"(rank)
        : "memory");
}

// Waits until the phase with this parity is over. A fresh barrier is in phase 0, so parity 1 passes at once.
__device__ __forceinline__ void barrier_wait(u32 barrier, u32 parity) {
    asm volatile(
        "{\n"
        ".reg .pred over;\n"
        "AGAIN:\n"
        "mbarrier.try_wait.parity.shared::cta.b64 over, [%0], %1;\n"
        "@over bra DONE;\n"
        "bra AGAIN;\n"
        "DONE:\n"
        "}" ::"r"(barrier), "r"(parity)
        : "memory");
}

// ---- tensor maps ----

__device__ __forceinline__ void map_prefetch(const TensorMap* map) {
    asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}

// Box at {k, row} to the own shared memory; its bytes count at the own barrier.
__device__ __forceinline__ void load_box(u32 to, const TensorMap* map, u32 barrier, int k, int row) {
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];" ::"r"(to),
        "l"(map), "r"(barrier), "r"(k), "r"(row)
        : "memory");
}

// Box at {k, row} to the same offset of every block in `blocks`; its bytes count at each one's barrier of the same offset.
__device__ __forceinline__ void load_box_to_all(u32 to, const TensorMap* map, u32 barrier, int k, int row, u16 blocks) {
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster "
        "[%0], [%1, {%3, %4}], [%2], %5;" ::"r"(to),
        "l"(map), "r"(barrier), "r"(k), "r"(row), "h"(blocks)
        : "memory");
}

// ---- registers ----

template <int N>
__device__ __forceinline__ void registers_give() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(N));
}

template <int N>
__device__ __forceinline__ void registers_take() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(N));
}

#endif

}  // namespace hopper
