// The functions of ampere_device.cuh on the CPU: what each instruction does to a warp's registers and to shared memory, as
// the PTX ISA says. Instead of the instructions' own file the kernels' text is compiled with this one.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "fibers.h"

#define __device__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(...)

namespace model {

using fibers::fail;

struct Memory {
    const char *begin;
    size_t bytes;
    bool holds(const void *at, size_t count) const {
        return (const char *)at >= begin && (const char *)at + count <= begin + bytes;
    }
};

struct Copy {
    unsigned to;
    const void *from;
};

// Copies of one thread: groups closed, oldest first, and the open one.
struct Copies {
    std::deque<std::vector<Copy>> groups;
    std::vector<Copy> open;
};

inline Memory operand_a, operand_b, result;
inline std::vector<char> shared;
inline std::vector<Copies> copies;
inline bool late;  // whether copies arrive when they are awaited, or already when they start

// Shared memory does not begin at address 0 on a GPU either.
enum : unsigned { SHARED_BASE = 1024 };

inline char *shared_at(unsigned address, unsigned bytes) {
    if (address < SHARED_BASE || address - SHARED_BASE + bytes > shared.size()) fail("past the end of shared memory");
    if (address % bytes != 0) fail("a misaligned address in shared memory");
    return shared.data() + (address - SHARED_BASE);
}

inline void arrive(const Copy &copy) { std::memcpy(shared_at(copy.to, 16), copy.from, 16); }

inline float from_bf16(uint16_t value) {
    uint32_t word = (uint32_t)value << 16;
    float to;
    std::memcpy(&to, &word, 4);
    return to;
}

inline float decode_f16(uint16_t value) {
    const int exponent = value >> 10 & 31, fraction = value & 1023;
    if (exponent == 31) return NAN;  // also the infinite ones: no operand is
    const float size = exponent ? std::ldexp(1024.0f + fraction, exponent - 25) : std::ldexp((float)fraction, -24);
    return value & 0x8000 ? -size : size;
}

inline float decode_e4m3(uint8_t value) {
    const int exponent = value >> 3 & 15, fraction = value & 7;
    if ((value & 0x7f) == 0x7f) return NAN;
    const float size = exponent ? std::ldexp(8.0f + fraction, exponent - 10) : std::ldexp((float)fraction, -9);
    return value & 0x80 ? -size : size;
}

template <class Word, float Decode(Word)>
float looked_up(Word value) {
    static const std::vector<float> table = [] {
        std::vector<float> all;
        for (uint32_t word = 0; word < 1u << sizeof(Word) * 8; word++) all.push_back(Decode((Word)word));
        return all;
    }();
    return table[value];
}

inline uint32_t word_of(float value) {
    uint32_t word;
    std::memcpy(&word, &value, 4);
    return word;
}

inline uint16_t to_bf16(float value) {
    const uint32_t word = word_of(value);
    return (uint16_t)((word + 0x7fff + (word >> 16 & 1)) >> 16);
}

inline uint16_t to_f16(float value) {
    const uint16_t sign = value < 0 ? 0x8000 : 0;
    const float size = std::fabs(value);
    if (size == 0) return sign;
    int exponent;
    std::frexp(size, &exponent);
    const int unit = (exponent < -13 ? -13 : exponent) - 11;  // of the last place
    const float places = std::nearbyint(std::ldexp(size, -unit));
    if (places >= 2048 ? unit >= 5 : unit > 5) fail("too large for fp16");
    return sign | (uint16_t)((unit + 24) * 1024 + (int)places);
}

// One step of depth of a warp as bytes: rows of 32 bytes of A and B, put together from the lanes' registers.
struct Step {
    uint32_t a[4], b[2];
};

// Sum over 32 bytes of depth for one element of D: row of A, column of D, elements of `bytes` bytes. Register r of a lane has
// bytes 16 (r / 2) + 4 (lane % 4) of row lane / 4 + 8 (r % 2) of A, and bytes 16 r + 4 (lane % 4) of column lane / 4 of B.
template <class Decode>
auto dot(const fibers::Gathered<Step> &steps, unsigned row, unsigned column, unsigned bytes, Decode decode) {
    decltype(decode((const uint8_t *)nullptr)) sum = 0;
    for (unsigned thread = 0; thread < 4; thread++) {
        const Step a = steps[row % 8 * 4 + thread], b = steps[column * 4 + thread];
        for (unsigned part = 0; part < 2; part++) {
            uint8_t x[4], y[4];
            std::memcpy(x, &a.a[row / 8 + part * 2], 4);
            std::memcpy(y, &b.b[part], 4);
            for (unsigned k = 0; k < 4; k += bytes) sum += decode(x + k) * decode(y + k);
        }
    }
    return sum;
}

inline uint16_t half_word(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }

}  // namespace model

namespace ampere {

typedef unsigned long long u64;

struct Four {
    unsigned x, y, z, w;
};

struct TwoDoubles {
    double x, y;
};

inline unsigned thread_index() { return fibers::block->thread; }
inline unsigned block_index() { return fibers::block->index; }
inline unsigned blocks() { return fibers::block->count; }
inline unsigned shared_base() { return model::SHARED_BASE; }

inline void copy_chunk(unsigned to, const void *from) {
    if (!model::operand_a.holds(from, 16) && !model::operand_b.holds(from, 16)) model::fail("reads past an operand");
    if ((uintptr_t)from % 16 != 0) model::fail("a misaligned address in global memory");
    const model::Copy copy = {to, from};
    if (model::late)
        model::copies[thread_index()].open.push_back(copy);
    else
        model::arrive(copy);
}

inline void commit_copies() {
    model::Copies &own = model::copies[thread_index()];
    own.groups.push_back(std::move(own.open));
    own.open.clear();
}

template <int Pending>
void wait_copies() {
    model::Copies &own = model::copies[thread_index()];
    for (; own.groups.size() > Pending; own.groups.pop_front())
        for (const model::Copy &copy : own.groups.front()) model::arrive(copy);
}

inline void block_barrier() { fibers::barrier(); }

inline void load_matrices(Four &to, unsigned address) {
    const unsigned lane = thread_index() % 32;
    const auto addresses = fibers::gather(address);
    unsigned words[4];
    for (unsigned matrix = 0; matrix < 4; matrix++) {
        const char *row = model::shared_at(addresses[matrix * 8 + lane / 4], 16);
        std::memcpy(&words[matrix], row + lane % 4 * 4, 4);
    }
    to = Four{words[0], words[1], words[2], words[3]};
}

inline TwoDoubles load_two_doubles(unsigned address) {
    TwoDoubles to;
    std::memcpy(&to, model::shared_at(address, 16), 16);
    return to;
}

inline void store(void *to, const void *value) {
    if (!model::result.holds(to, 16)) model::fail("stores past the result");
    if ((uintptr_t)to % 16 != 0) model::fail("a misaligned store");
    std::memcpy(to, value, 16);
}

inline void store_16_bytes(void *to, Four value) { store(to, &value); }

inline void store_two_doubles(void *to, double x, double y) {
    const TwoDoubles value = {x, y};
    store(to, &value);
}

inline unsigned exchange(unsigned value, unsigned mask) {
    const unsigned lane = thread_index() % 32;
    return fibers::gather(value)[lane ^ mask];
}

inline unsigned bits(float value) { return model::word_of(value); }
inline unsigned bits(int value) { return (unsigned)value; }

inline unsigned pack_bf16(float first, float second) {
    return model::to_bf16(first) | (unsigned)model::to_bf16(second) << 16;
}

inline unsigned pack_f16(float first, float second) {
    return model::to_f16(first) | (unsigned)model::to_f16(second) << 16;
}

inline unsigned round_tf32(unsigned value) { return (value + 0x1000) & ~0x1fffu; }

template <class Sum, class Decode>
void mma(Sum *d, const Four &a, unsigned b0, unsigned b1, unsigned bytes, Decode decode) {
    const unsigned lane = thread_index() % 32;
    const auto steps = fibers::gather(model::Step{{a.x, a.y, a.z, a.w}, {b0, b1}});
    for (unsigned i = 0; i < 4; i++) d[i] += model::dot(steps, lane / 4 + i / 2 * 8, lane % 4 * 2 + i % 2, bytes, decode);
}

inline void mma_bf16(float *d, const Four &a, unsigned b0, unsigned b1) {
    mma(d, a, b0, b1, 2, [](const uint8_t *v) { return model::from_bf16(model::half_word(v)); });
}

inline void mma_f16(float *d, const Four &a, unsigned b0, unsigned b1) {
    mma(d, a, b0, b1, 2, [](const uint8_t *v) { return model::looked_up<uint16_t, model::decode_f16>(model::half_word(v)); });
}

inline void mma_s8(int *d, const Four &a, unsigned b0, unsigned b1) {
    mma(d, a, b0, b1, 1, [](const uint8_t *v) { return (int)(int8_t)*v; });
}

inline void mma_e4m3(float *d, const Four &a, unsigned b0, unsigned b1) {
    mma(d, a, b0, b1, 1, [](const uint8_t *v) { return model::looked_up<uint8_t, model::decode_e4m3>(*v); });
}

inline void mma_tf32(float *d, const Four &a, unsigned b0, unsigned b1) {
    mma(d, a, b0, b1, 4, [](const uint8_t *v) {
        uint32_t word;
        std::memcpy(&word, v, 4);
        if (word & 0x1fff) model::fail("an operand that is not rounded to tf32");
        float value;
        std::memcpy(&value, &word, 4);
        return value;
    });
}

struct DoubleStep {
    TwoDoubles a[2][2], b[2];
};

// As eight products of depth 4: lane l gives row l / 4 and depth l % 4 of A, column l / 4 and depth l % 4 of B.
inline void mma_f64(double *low, double *high, const TwoDoubles (&a)[2][2], const TwoDoubles (&b)[2]) {
    DoubleStep mine;
    std::memcpy(mine.a, a, sizeof(mine.a));
    std::memcpy(mine.b, b, sizeof(mine.b));
    const auto steps = fibers::gather(mine);
    const unsigned lane = thread_index() % 32;
    for (unsigned i = 0; i < 2; i++)
        for (unsigned thread = 0; thread < 4; thread++) {
            const DoubleStep x = steps[lane / 4 * 4 + thread], y = steps[(lane % 4 * 2 + i) * 4 + thread];
            for (unsigned eight = 0; eight < 2; eight++) {
                low[i] += x.a[0][eight].x * y.b[eight].x + x.a[0][eight].y * y.b[eight].y;
                high[i] += x.a[1][eight].x * y.b[eight].x + x.a[1][eight].y * y.b[eight].y;
            }
        }
}

inline void note_clock(u64 *mark, int end) {
    if (mark != nullptr && block_index() == 0 && thread_index() == 0) mark[end]++;
}

}  // namespace ampere
