// One thread block on the CPU: 256 fibers that hand over at barriers and at instructions that a whole warp executes
// together. A warp runs as far as it can before the next one starts, so the warps are as far apart as the barriers let them.
#pragma once
#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

namespace fibers {

enum { LANES = 32, WARPS = 8, THREADS = LANES * WARPS, STACK_BYTES = 256 * 1024, SLOT_BYTES = 96 };

[[noreturn]] inline void fail(const char *what) {
    std::fprintf(stderr, "model: %s\n", what);
    std::exit(1);
}

struct Fiber {
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    unsigned collectives = 0, barriers = 0;
    bool done = false;
};

struct Warp {
    unsigned long arrivals = 0;
    alignas(16) char slots[2][LANES][SLOT_BYTES];
};

struct Block {
    Fiber fibers[THREADS];
    Warp warps[WARPS];
    unsigned long barrier_arrivals = 0, switches = 0;
    unsigned thread = 0, index = 0, count = 1;
    ucontext_t scheduler;
    std::function<void()> body;
};

inline Block *block = nullptr;

inline void hand_over() { swapcontext(&block->fibers[block->thread].context, &block->scheduler); }

inline void barrier() {
    Fiber &own = block->fibers[block->thread];
    block->barrier_arrivals++, block->switches++;
    own.barriers++;
    while (block->barrier_arrivals < (unsigned long)own.barriers * THREADS) hand_over();
}

// Every lane's value, once all lanes of the warp are here.
template <class T>
struct Gathered {
    const char (*slots)[SLOT_BYTES];
    T operator[](unsigned lane) const {
        T value;
        std::memcpy(&value, slots[lane], sizeof(T));
        return value;
    }
};

template <class T>
Gathered<T> gather(const T &mine) {
    static_assert(sizeof(T) <= SLOT_BYTES, "slot");
    const unsigned thread = block->thread;
    Fiber &own = block->fibers[thread];
    Warp &warp = block->warps[thread / LANES];
    auto slots = warp.slots[own.collectives % 2];
    std::memcpy(slots[thread % LANES], &mine, sizeof(T));
    own.collectives++;
    warp.arrivals++, block->switches++;
    while (warp.arrivals < (unsigned long)own.collectives * LANES) hand_over();
    return Gathered<T>{slots};
}

inline void enter() {
    block->body();
    block->fibers[block->thread].done = true;
    block->switches++;
    hand_over();
}

// Lets one warp run until none of its lanes comes further.
inline void run_warp(unsigned warp) {
    for (unsigned long before = ~0ul; before != block->switches;) {
        before = block->switches;
        for (unsigned lane = 0; lane < LANES; lane++) {
            block->thread = warp * LANES + lane;
            Fiber &fiber = block->fibers[block->thread];
            if (!fiber.done) swapcontext(&block->scheduler, &fiber.context);
        }
    }
}

inline void run_block(unsigned index, unsigned count, bool backwards, std::function<void()> body) {
    Block own;
    block = &own;
    own.index = index, own.count = count, own.body = std::move(body);
    for (Fiber &fiber : own.fibers) {
        fiber.stack.reset(new char[STACK_BYTES]);
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = STACK_BYTES;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, enter, 0);
    }
    for (unsigned long before = ~0ul; before != own.switches;) {
        before = own.switches;
        for (unsigned i = 0; i < WARPS; i++) run_warp(backwards ? WARPS - 1 - i : i);
    }
    for (Fiber &fiber : own.fibers)
        if (!fiber.done) fail("the block is stuck: not all threads meet");
    block = nullptr;
}

}  // namespace fibers
