// Runs a product kernel's own text on the CPU, or prints its index maps.
//
//   products maps
//   products NAME M N K BLOCKS SHARED_BYTES RESULT_BYTES early|late forwards|backwards   < A and B   > D
#define GP_PRODUCT_MODEL 1
#include "device.h"

#include "gemm80.cu"
#include "gemm_f64.cu"

#include <map>
#include <string>

typedef void Kernel(const void *, const void *, void *, int, int, int, unsigned long long *);

static const std::map<std::string, std::pair<Kernel *, unsigned>> KERNELS = {
    {"gp_gemm_bf16_bf16", {gp_gemm_bf16_bf16, 2}}, {"gp_gemm_bf16_f32", {gp_gemm_bf16_f32, 2}},
    {"gp_gemm_f16_f16", {gp_gemm_f16_f16, 2}},     {"gp_gemm_f16_f32", {gp_gemm_f16_f32, 2}},
    {"gp_gemm_s8_s32", {gp_gemm_s8_s32, 1}},       {"gp_gemm_tf32_f32", {gp_gemm_tf32_f32, 4}},
    {"gp_gemm_e4m3_f32", {gp_gemm_e4m3_f32, 1}},   {"gp_gemm_f64_f64", {gp_gemm_f64_f64, 8}},
};

static void print(const char *name, std::initializer_list<unsigned> values) {
    std::printf("%s", name);
    for (unsigned value : values) std::printf(" %u", value);
    std::printf("\n");
}

static void print_maps() {
    print("constants", {GP_THREADS, GP_CHUNK_BYTES, GP_STEP_BYTES, GP_RASTER_GROUP});
    print("product", {GP_TILE_ROWS, GP_TILE_COLUMNS, GP_WARP_ROWS, GP_WARP_COLUMNS, GP_ROW_BYTES, GP_STAGES});
    print("f64", {GP_F64_TILE_ROWS, GP_F64_TILE_COLUMNS, GP_F64_WARP_ROWS, GP_F64_WARP_COLUMNS, GP_F64_ROW_BYTES,
                  GP_F64_STAGES});
    for (unsigned row = 0; row < 32; row++) {
        for (unsigned chunk = 0; chunk < 4; chunk++) print("swizzle64", {row, chunk, gp_swizzle(64, row, chunk)});
        for (unsigned chunk = 0; chunk < 8; chunk++) {
            print("swizzle128", {row, chunk, gp_swizzle(128, row, chunk)});
            print("swizzle_f64", {row, chunk, gp_f64_swizzle(row, chunk)});
        }
    }
    for (unsigned lane = 0; lane < 32; lane++) {
        print("a", {lane, gp_a_row(lane), gp_a_chunk(lane)});
        print("b", {lane, gp_b_row(lane), gp_b_chunk(lane)});
        print("double", {lane, gp_f64_row(lane), gp_f64_chunk(lane)});
        print("columns", {lane, gp_d_column_16(lane), gp_d_column_32(lane), gp_d_column_64(lane)});
        print("rows", {lane, gp_d_row(lane, 0), gp_d_row(lane, 1)});
    }
    for (unsigned warp = 0; warp < 8; warp++) {
        print("warp", {warp, gp_warp_row(warp), gp_warp_column(warp)});
        print("f64_warp", {warp, gp_f64_warp_row(warp), gp_f64_warp_column(warp)});
    }
    for (unsigned rows : {1, 7, 8, 9, 64})
        for (unsigned columns : {1, 3, 32})
            for (unsigned place = 0; place < rows * columns; place++)
                print("tile", {rows, columns, place, gp_tile_row(place, rows, columns),
                               gp_tile_column(place, rows, columns)});
}

static void read_all(std::vector<char> &to) {
    if (std::fread(to.data(), 1, to.size(), stdin) != to.size()) fibers::fail("too little input");
}

int main(int count, char **words) {
    if (count == 2 && std::string(words[1]) == "maps") return print_maps(), 0;
    if (count != 10) fibers::fail("usage");
    const auto found = KERNELS.find(words[1]);
    if (found == KERNELS.end()) fibers::fail("no such kernel");
    const size_t m = std::stoul(words[2]), n = std::stoul(words[3]), k = std::stoul(words[4]);
    const unsigned blocks = (unsigned)std::stoul(words[5]);
    std::vector<char> a(m * k * found->second.second), b(n * k * found->second.second);
    std::vector<char> d(m * n * std::stoul(words[7]), (char)0xff);
    read_all(a), read_all(b);
    model::operand_a = {a.data(), a.size()}, model::operand_b = {b.data(), b.size()}, model::result = {d.data(), d.size()};
    model::late = std::string(words[8]) == "late";
    unsigned long long mark[5] = {};
    for (unsigned block = 0; block < blocks; block++) {
        model::shared.assign(std::stoul(words[6]), (char)0xa5);
        model::copies.assign(fibers::THREADS, {});
        fibers::run_block(block, blocks, std::string(words[9]) == "backwards", [&] {
            found->second.first(a.data(), b.data(), d.data(), (int)m, (int)n, (int)k, mark);
        });
    }
    if (mark[0] != 1 || mark[1] != 1) fibers::fail("the clock is noted once at the start and once at the end");
    std::fwrite(d.data(), 1, d.size(), stdout);
}
