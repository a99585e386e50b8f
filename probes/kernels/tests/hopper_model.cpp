// Runs the text of gemm90.cu on the CPU. Replaced are the functions that are one PTX instruction each, by models of what PTX
// says of them; threads are coroutines of one real thread, and a seed chooses who runs next and when a load or an arrival at
// the other block comes. So loops, addresses, parities, counts, fragments and stores are the kernels' own.
//
// A product reads shared memory when it is issued or when it is waited for, by chance, and its sums come when it is waited
// for: a stage that is freed too early, or sums that are read too early, give wrong results. No progress is a deadlock.
#include <ucontext.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#define GP_PRODUCT_MODEL
#define __device__
#define __global__
#define __forceinline__ inline
#define __grid_constant__
#define __launch_bounds__(...)
#define __cluster_dims__(...)
#define __align__(n) alignas(n)
struct Index {
    unsigned x;
};
static Index threadIdx, blockIdx, gridDim;

#include "hopper_async.cuh"

using namespace hopper;

[[noreturn]] static void fail(const std::string& what) {
    std::printf("FAILED: %s\n", what.c_str());
    std::fflush(stdout);
    std::_Exit(1);  // not exit: this may run on a stack that it would free
}

// What the model puts into the 128 opaque bytes of a map.
struct Matrix {
    const unsigned char* data;
    u64 rows, pitch;
    u64 bytes;
};
static_assert(sizeof(Matrix) <= sizeof(TensorMap));

struct Barrier {
    u32 arrivals = 0, pending = 0, phases = 0;
    long bytes = 0;
    void settle() {
        if (pending == 0 && bytes == 0) phases++, pending = arrivals;
    }
    void arrive(long expect) {
        if (pending == 0) fail("an arrival too many");
        pending--, bytes += expect, settle();
    }
};

constexpr u32 kBase = 0x400 + 48, kBlocks = 2, kLanes = 32, kWarps = 12;
constexpr size_t kStack = 256 << 10;

struct Group {
    std::vector<std::function<void()>> products;
};

struct Thread {
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    u32 block, index, shuffles = 0, meetings = 0;
    bool done = false;
    Group open;
    std::deque<Group> groups;
};

struct Warp {
    uint32_t values[2][kLanes];
    u32 given = 0;
};

struct Message {
    bool load;
    std::function<void()> come;
};

static std::mt19937_64 chance;
static std::vector<Thread> threads;
static std::vector<Warp> warps;
static std::vector<unsigned char> memory[kBlocks];
static std::vector<Barrier> barriers[kBlocks];
static std::deque<Message> messages;
static ucontext_t scheduler;
static Thread* self;
static u32 met, shared_bytes, first_block;
static u64 progress, ticks;

static void pause() {
    Thread* me = self;
    swapcontext(&me->context, &scheduler);
}

static void wait_for(const std::function<bool()>& ready) {
    while (!ready()) pause();
    progress++;
}

static unsigned char* shared_at(u32 address, u32 bytes) {
    const u32 block = address >> 24, offset = address & 0xffffff;
    if (block >= kBlocks || offset < kBase || offset + bytes > kBase + shared_bytes) fail("outside of the shared memory");
    return &memory[block][offset];
}

static Barrier& barrier_at(u32 address) {
    shared_at(address, 8);
    if (address % 8) fail("a barrier that is not aligned");
    return barriers[address >> 24][(address & 0xffffff) / 8];
}

static void come(size_t index) {
    const Message message = messages[index];
    messages.erase(messages.begin() + index);
    message.come();
    progress++;
}

template <typename T>
static T __shfl_xor_sync(unsigned, T value, int bit) {
    Warp& warp = warps[self->block * kWarps + self->index / kLanes];
    const u32 lane = self->index % kLanes, turn = self->shuffles++;
    std::memcpy(&warp.values[turn % 2][lane], &value, 4);
    warp.given++;
    wait_for([&] { return warp.given >= (turn + 1) * kLanes; });
    T got;
    std::memcpy(&got, &warp.values[turn % 2][lane ^ bit], 4);
    return got;
}
static int __shfl_sync(unsigned, unsigned value, int) { return value; }
static void __syncwarp() {}

namespace hopper {
u32 shared_base() { return self->block << 24 | kBase; }
u64 cycles() { return ++ticks; }
u64 nanoseconds() { return ++ticks + 1000000; }
u32 multiprocessor() { return 77; }
u32 cluster_rank() { return self->block; }
void map_prefetch(const TensorMap*) {}
void barrier_init_fence() {}
template <int N>
void registers_give() {}
template <int N>
void registers_take() {}

void cluster_sync() {
    const u32 turn = ++self->meetings;
    // Arrivals made before this barrier come before it ends; a load on its way would reach a block that may be gone.
    while (met + 1 == turn * threads.size() && !messages.empty()) {
        if (messages[0].load) fail("a load is on its way when the cluster meets");
        come(0);
    }
    met++;
    wait_for([=] { return met >= turn * threads.size(); });
}

void barrier_init(u32 barrier, u32 arrivals) {
    if (barrier >> 24 != self->block) fail("a barrier of another block");
    barrier_at(barrier) = Barrier{arrivals, arrivals};
}
void barrier_arrive_expect(u32 barrier, u32 bytes) { barrier_at(barrier).arrive(bytes); }
void barrier_arrive_at(u32 barrier, u32 rank) {
    const u32 there = (barrier & 0xffffff) | rank << 24;
    messages.push_back({false, [=] { barrier_at(there).arrive(0); }});
}
void barrier_wait(u32 barrier, u32 parity) {
    wait_for([=] { return barrier_at(barrier).phases % 2 != parity; });
}

void load_box_to_all(u32 to, const TensorMap* map, u32 barrier, int k, int row, u16 blocks) {
    Matrix from;
    std::memcpy(&from, map, sizeof from);
    if (row < 0 || row + 128ull > from.rows || k < 0 || k * from.bytes + 128 > from.pitch) fail("a box outside of its matrix");
    if (to % 128) fail("a box that is not aligned");
    for (u32 block = 0; block < kBlocks; block++) {
        if (!(blocks >> block & 1)) continue;
        const u32 there = (to & 0xffffff) | block << 24, tells = (barrier & 0xffffff) | block << 24;
        messages.push_back({true, [=] {
            for (u32 byte = 0; byte < 128 * 128; byte++) {
                const u32 address = there + byte;
                const unsigned char value = from.data[(row + byte / 128) * from.pitch + k * from.bytes + byte % 128];
                *shared_at(address ^ (address >> 7 & 7) << 4, 1) = value;
            }
            Barrier& b = barrier_at(tells);
            b.bytes -= 128 * 128, b.settle();
        }});
    }
}
void load_box(u32 to, const TensorMap* map, u32 barrier, int k, int row) {
    load_box_to_all(to, map, barrier, k, row, 1 << self->block);
}

void products_fence() {}
void products_commit() {
    self->groups.push_back(std::move(self->open));
    self->open = {};
}
template <int N>
void products_wait() {
    while (self->groups.size() > N) {
        for (auto& product : self->groups.front().products) product();
        self->groups.pop_front();
    }
    pause();
}
void pin(float&) {}
void pin(int&) {}

static float power(int e) { return std::ldexp(1.0f, e); }
static float decode(const std::string& type, const unsigned char* p) {
    const auto small = [&](u32 v, int exponent_bits, int fraction_bits) {
        const int bias = (1 << (exponent_bits - 1)) - 1, e = v >> fraction_bits & ((1 << exponent_bits) - 1);
        const float f = (v & ((1 << fraction_bits) - 1)) * power(-fraction_bits);
        const float x = e ? (1 + f) * power(e - bias) : f * power(1 - bias);
        return v >> (exponent_bits + fraction_bits) & 1 ? -x : x;
    };
    if (type == "bf16") return small(p[0] | p[1] << 8, 8, 7);
    if (type == "f16") return small(p[0] | p[1] << 8, 5, 10);
    if (type == "e4m3") return small(p[0], 4, 3);
    if (type == "s8") return static_cast<signed char>(p[0]);
    if (type != "tf32") fail("type " + type);
    u32 v;
    std::memcpy(&v, p, 4);
    v &= ~0x1fffu;
    float x;
    std::memcpy(&x, &v, 4);
    return x;
}
static u32 size_of(const std::string& type) { return type == "tf32" ? 4 : type == "bf16" || type == "f16" ? 2 : 1; }

// Sums of this thread: 64 x 256 results of a warpgroup, 32 bytes of K, operands by descriptor.
template <typename T>
void model_product(const std::string& shape, T (&d)[128], u64 a, u64 b, int accumulate) {
    const std::string type = shape.substr(shape.rfind('.') + 1), two = type + "." + type;
    const u32 bytes = size_of(type), depth = 32 / bytes;
    const std::string sums = std::is_same_v<T, float> ? "f32" : "s32";
    if (shape != "m64n256k" + std::to_string(depth) + "." + sums + "." + two) fail("product " + shape);
    const u32 block = self->block, thread = self->index % 128;
    const auto sum = [=] {
        const auto operand = [=](u64 descriptor, u32 row, float* to) {
            if (descriptor >> 62 != 1 || descriptor >> 49 & 7) fail("a descriptor of another layout");
            const u32 start = (descriptor & 0x3fff) << 4, stride = (descriptor >> 32 & 0x3fff) << 4;
            for (u32 i = 0; i < depth; i++) {
                const u32 address = start + row / 8 * stride + row % 8 * 128 + i * bytes;
                to[i] = decode(type, shared_at(block << 24 | (address ^ (address >> 7 & 7) << 4), bytes));
            }
        };
        std::vector<T> result(128);
        float rows[2][32], column[32];
        for (u32 half = 0; half < 2; half++) operand(a, thread / 32 * 16 + thread % 32 / 4 + 8 * half, rows[half]);
        for (u32 c = 0; c < 64; c++) {
            operand(b, c / 2 * 8 + thread % 4 * 2 + c % 2, column);
            for (u32 half = 0; half < 2; half++) {
                T x = 0;
                for (u32 i = 0; i < depth; i++) x += static_cast<T>(rows[half][i] * column[i]);
                result[c / 2 * 4 + half * 2 + c % 2] = x;
            }
        }
        return result;
    };
    const bool early = chance() & 1;
    std::vector<T> now;
    if (early) now = sum();
    T* to = d;
    self->open.products.push_back([=] {
        const std::vector<T> result = early ? now : sum();
        for (u32 i = 0; i < 128; i++) to[i] = accumulate ? to[i] + result[i] : result[i];
    });
}

static unsigned char *d_begin, *d_end;
static std::vector<unsigned char> stored;
template <typename T>
void store_packet(void* to, T x, T y, T z, T w) {
    unsigned char* at = static_cast<unsigned char*>(to);
    if (at < d_begin || at + 16 > d_end || (at - d_begin) % 16) fail("a store outside of D or not aligned");
    if (stored[(at - d_begin) / 16]++) fail("stored twice");
    const T values[4] = {x, y, z, w};
    std::memcpy(at, values, 16);
}

// To `digits` binary digits, to the nearest, ties to even.
static float rounded(float x, int digits) {
    int e;
    const float f = std::frexp(x, &e);
    return std::ldexp(std::nearbyint(std::ldexp(f, digits)), e - digits);
}
static u32 encode(const std::string& type, float x) {
    u32 v;
    std::memcpy(&v, &x, 4);
    if (type == "bf16") return v >> 16;
    if (type == "tf32") return v | 0x1234 % 0x2000;  // the bits that the product leaves out
    if (type == "s8") return static_cast<unsigned char>(static_cast<int>(x));
    static std::vector<std::pair<std::string, std::vector<float>>> tables;
    for (auto& [name, table] : tables) {
        if (name != type) continue;
        for (u32 i = 0; i < table.size(); i++)
            if (table[i] == std::fabs(x)) return i | (x < 0 ? table.size() : 0);
        fail("no " + type);
    }
    std::vector<float> table(type == "f16" ? 0x7c00 : 0x7f);
    for (u32 i = 0; i < table.size(); i++) {
        const unsigned char bytes[2] = {static_cast<unsigned char>(i), static_cast<unsigned char>(i >> 8)};
        table[i] = decode(type, bytes);
    }
    table.resize(type == "f16" ? 0x8000 : 0x80, NAN);
    tables.emplace_back(type, table);
    return encode(type, x);
}
u32 bf16_pair(float low, float high) { return encode("bf16", rounded(low, 8)) | encode("bf16", rounded(high, 8)) << 16; }
u32 f16_pair(float low, float high) { return encode("f16", rounded(low, 11)) | encode("f16", rounded(high, 11)) << 16; }
}  // namespace hopper

#define GP_WGMMA(SHAPE, MODIFIERS, C) model_product(SHAPE, d, a, b, accumulate)
#include "gemm90.cu"

static std::function<void()> kernel;
static void run_thread() {
    kernel();
    self->done = true;
    pause();
}

static void resume(Thread& thread) {
    self = &thread;
    threadIdx.x = thread.index;
    blockIdx.x = first_block + thread.block;
    swapcontext(&scheduler, &thread.context);
}

// One pass over a warp; whether a thread of it is left.
static bool step(u32 warp) {
    bool left = false;
    for (u32 lane = 0; lane < kLanes; lane++) {
        Thread& thread = threads[warp * kLanes + lane];
        if (!thread.done) resume(thread), left = true;
    }
    return left;
}

static void run_cluster(u32 first) {
    first_block = first, met = 0;
    messages.clear();
    warps.assign(kBlocks * kWarps, {});
    threads.clear();
    threads.resize(kBlocks * kWarps * kLanes);
    for (u32 block = 0; block < kBlocks; block++) {
        memory[block].assign(kBase + shared_bytes, 0xa5);
        barriers[block].assign(memory[block].size() / 8 + 1, {});
    }
    for (u32 i = 0; i < threads.size(); i++) {
        Thread& thread = threads[i];
        thread.block = i / kThreads, thread.index = i % kThreads;
        thread.stack = std::make_unique<char[]>(kStack);
        getcontext(&thread.context);
        thread.context.uc_stack.ss_sp = thread.stack.get();
        thread.context.uc_stack.ss_size = kStack;
        makecontext(&thread.context, run_thread, 0);
    }
    u64 before = progress;
    for (u32 idle = 0;;) {
        if (!messages.empty() && chance() % 3 == 0) come(chance() % messages.size());
        const u32 warp = chance() % (kBlocks * kWarps);
        for (u64 seen = progress + 1, burst = chance() % 100; burst && seen != progress; burst--) {
            seen = progress;
            step(warp);
        }
        if (progress != before) {
            before = progress, idle = 0;
        } else if (++idle > 400) {
            while (!messages.empty()) come(0);
            bool left = false;
            for (u32 w = 0; w < kBlocks * kWarps; w++) left |= step(w);
            if (!left) return;
            if (progress == before) fail("deadlock");
        }
    }
}

struct Case {
    const char* name;
    const char* in;
    const char* out;
    int range;
    std::function<void(const TensorMap&, const TensorMap&, void*, int, int, int, ClockMark*)> run;
};

static void check(const Case& c, int tiles_m, int tiles_n, int steps, u32 grid, u64 seed) {
    chance.seed(seed);
    const u32 bytes = size_of(c.in), wide = !std::strcmp(c.out, "f32") || !std::strcmp(c.out, "s32"), out = wide ? 4 : 2;
    const int m = tiles_m * 256, n = tiles_n * 256, k = steps * 128 / bytes;
    std::vector<int> values[2] = {std::vector<int>(size_t(m) * k), std::vector<int>(size_t(n) * k)};
    std::vector<unsigned char> data[2];
    TensorMap maps[2] = {};
    for (int i = 0; i < 2; i++) {
        for (int& v : values[i]) {
            v = int(chance() % (2 * c.range + 1)) - c.range;
            const u32 word = encode(c.in, v);
            for (u32 byte = 0; byte < bytes; byte++) data[i].push_back(word >> 8 * byte);
        }
        const Matrix matrix = {data[i].data(), u64(i ? n : m), u64(k) * bytes, bytes};
        std::memcpy(&maps[i], &matrix, sizeof matrix);
    }
    std::vector<unsigned char> d(size_t(m) * n * out, 0xff);
    d_begin = d.data(), d_end = d.data() + d.size();
    stored.assign(d.size() / 16, 0);
    ClockMark mark = {};
    gridDim.x = grid;
    shared_bytes = kSharedBytes;
    kernel = [&] { c.run(maps[0], maps[1], d.data(), m, n, k, &mark); };
    for (u32 first = 0; first < grid; first += kBlocks) run_cluster(first);
    for (int row = 0; row < m; row++)
        for (int column = 0; column < n; column++) {
            long sum = 0;
            for (int i = 0; i < k; i++) sum += long(values[0][size_t(row) * k + i]) * values[1][size_t(column) * k + i];
            const unsigned char* at = &d[(size_t(row) * n + column) * out];
            int s;
            std::memcpy(&s, at, wide ? 4 : 2);
            float f;
            std::memcpy(&f, at, wide ? 4 : 2);
            const bool same = !std::strcmp(c.out, "s32")  ? s == sum
                              : wide                      ? f == float(sum)
                              : !std::strcmp(c.in, "f16") ? decode("f16", at) == rounded(sum, 11)
                                                          : decode("bf16", at) == rounded(sum, 8);
            if (!same) fail(std::string(c.name) + " differs at " + std::to_string(row) + ", " + std::to_string(column));
        }
    if (!mark.cycles_start || mark.cycles_end <= mark.cycles_start || mark.ns_end <= mark.ns_start || mark.sm != 77)
        fail("the clock's mark");
    std::printf("%s %dx%dx%d on %u blocks\n", c.name, m, n, k, grid);
}

int main(int argc, char** argv) {
    const u64 seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
    const Case cases[] = {
        {"bf16_bf16", "bf16", "bf16", 127, gp_gemm_bf16_bf16}, {"bf16_f32", "bf16", "f32", 127, gp_gemm_bf16_f32},
        {"f16_f16", "f16", "f16", 9, gp_gemm_f16_f16},         {"f16_f32", "f16", "f32", 127, gp_gemm_f16_f32},
        {"e4m3_f32", "e4m3", "f32", 15, gp_gemm_e4m3_f32},     {"s8_s32", "s8", "s32", 127, gp_gemm_s8_s32},
        {"tf32_f32", "tf32", "f32", 200, gp_gemm_tf32_f32},
    };
    for (const Case& c : cases) check(c, 1, 1, 2, 2, seed);
    // One step; as many as stages; more; an odd number of tiles; more tiles than clusters, and fewer.
    check(cases[0], 1, 1, 1, 2, seed + 1);
    check(cases[0], 1, 1, 4, 2, seed + 2);
    check(cases[1], 1, 3, 5, 2, seed + 3);
    check(cases[0], 3, 1, 3, 4, seed + 4);
    check(cases[5], 1, 1, 1, 6, seed + 5);
}
