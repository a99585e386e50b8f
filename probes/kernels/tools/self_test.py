"""Shows that the rules and the comparison can refuse: kernels that break one rule each, and what the refusal must say."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from compile import CompileError, Unit, compile_unit
from disassembly import Ptx, read_cubin, read_resources
from images import Target
from rules import NOT_DISASSEMBLED, Report, judge_cubin, judge_ptx, registers_of_block
from toolchain import Toolchain

SPILLS = """
extern "C" __global__ __launch_bounds__(1024, 2) void gp_fill(float *p) {
  float x[96];
#pragma unroll
  for (int i = 0; i < 96; i++) x[i] = p[i * 1024 + threadIdx.x];
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 96; i++) p[i * 1024 + threadIdx.x] = x[i] * x[(i * 7 + 5) % 96];
}
"""
INDEXES_REGISTERS = """
extern "C" __global__ void gp_fill(int *p, int n) {
  int x[32];
  for (int i = 0; i < 32; i++) x[i] = p[i];
  for (int i = 0; i < n; i++) x[p[i] & 31] += i;
  for (int i = 0; i < 32; i++) p[i] = x[i];
}
"""
NARROW_READ = """
extern "C" __global__ __launch_bounds__(512) void gp_read(const unsigned *p, unsigned long long n, unsigned *out) {
  unsigned sum = 0;
  for (unsigned long long i = threadIdx.x; i < n; i += 512) sum ^= p[i];
  atomicXor(out, sum);
}
"""
ONE_LOAD_AT_A_TIME = """
extern "C" __global__ __launch_bounds__(512) void gp_read(const uint4 *p, unsigned long long n, unsigned *out) {
  unsigned sum = 0;
#pragma unroll 1
  for (unsigned long long i = threadIdx.x; i < n; i += 512) {
    uint4 v;
    asm volatile("ld.global.nc.L1::no_allocate.L2::256B.v4.u32 {%0,%1,%2,%3},[%4];"
                 : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(p + i));
    sum ^= v.x ^ v.y ^ v.z ^ v.w;
  }
  atomicXor(out, sum);
}
"""
_PLAIN_PRODUCT = """
extern "C" __global__ void NAME(const float *a, const float *b, float *d, int n) {
  float sum = 0;
  for (int i = 0; i < n; i++) sum += a[threadIdx.x * n + i] * b[blockIdx.x * n + i];
  d[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}
"""


def plain_product(name: str) -> str:
    """A product of that name without tensor cores."""
    return _PLAIN_PRODUCT.replace("NAME", name)


PORTABLE_E4M3 = """
extern "C" __global__ void gp_gemm_e4m3_f32(float *d, unsigned a, unsigned b) {
  float c[4] = {};
#pragma unroll 1
  for (int i = 0; i < 9; i++)
    asm volatile("mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 {%0,%1,%2,%3},{%4,%4,%4,%4},{%5,%5},{%0,%1,%2,%3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a), "r"(b));
  d[threadIdx.x] = c[0] + c[1] + c[2] + c[3];
}
"""
FEW_MULTIPLY_ADDS = """
extern "C" __global__ void gp_fma_f32(float *p, float a, int n) {
  float x = p[0];
#pragma unroll 1
  for (int i = 0; i < n; i++) x = x * a + a;
  p[0] = x;
}
"""
CACHED_CHASE = """
extern "C" __global__ void gp_chase(const unsigned *p, unsigned n, unsigned *out) {
  unsigned at = 0;
#pragma unroll 1
  for (unsigned i = 0; i < n; i++) at = __ldg(p + at);
  out[0] = at;
}
"""

# The assembler ignores it, with a warning, where it does not know how many threads a block has.
IGNORED_REGISTERS = """
extern "C" __global__ void gp_fill(float *p) {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
  p[0] = 1;
}
"""

# What is compiled, for which architecture, and words of the refusal.
CASES = [
    ("a kernel that spills", SPILLS, "misc", "sm_90a", "gp_fill: spills registers to memory"),
    ("a kernel that spills, as stack", SPILLS, "misc", "sm_80", "gp_fill: a stack of"),
    ("a kernel that spills, on an architecture that is not disassembled", SPILLS, "misc", "sm_70", "gp_fill: a stack of"),
    ("registers indexed by a variable", INDEXES_REGISTERS, "misc", "sm_86", "gp_fill: spills registers to memory"),
    ("reads of 4 bytes", NARROW_READ, "misc", "sm_90a", "gp_read: loads that are not of 16 bytes"),
    ("one read at a time", ONE_LOAD_AT_A_TIME, "misc", "sm_89", "gp_read: 1 loads of 16 bytes in flight, 4 wanted"),
    ("an image that lacks kernels", NARROW_READ, "misc", "sm_75", "lacks gp_blocker"),
    ("a kernel that no one knows", plain_product("gp_new"), "misc", "sm_80", "has gp_new"),
    ("multiply-adds one after another", FEW_MULTIPLY_ADDS, "misc", "sm_120", "gp_fma_f32: 1 times FFMA"),
    ("a chase through L1", CACHED_CHASE, "misc", "sm_80", "gp_chase: one load that bypasses L1"),
    ("a product without tensor cores", plain_product("gp_gemm_bf16_f32"), "gemm", "sm_90a", "0 times HGMMA"),
    ("the same before Hopper", plain_product("gp_gemm_s8_s32"), "gemm", "sm_80", "0 times IMMA"),
    ("a product that loads by itself", plain_product("gp_gemm_f64_f64"), "gemm", "sm_86", "0 times LDGSTS"),
    ("a product without tensor maps", plain_product("gp_gemm_s8_s32"), "gemm", "sm_90a", "0 times UTMALDG"),
    ("fp8 through fp16 on Hopper", PORTABLE_E4M3, "gemm", "sm_90a", "gp_gemm_e4m3_f32: 0 times QGMMA"),
]


def self_test(toolchain: Toolchain, differences: Callable, say: Callable) -> list[str]:
    """What was accepted though it must be refused."""
    problems = [problem for case in CASES if (problem := _refuses(toolchain, *case))]
    problems += _refuses_warnings(toolchain) + _refuses_ptx() + _compares(differences) + _counts_registers()
    say(f"self-test: {len(CASES) + 5} faults, {len(problems)} of them not seen")
    return problems


def _refuses(toolchain: Toolchain, name: str, source: str, set_: str, arch: str, words: str) -> str | None:
    target = Target(set_, arch)
    code, _ = compile_unit(Unit(source, ()), arch, toolchain.nvrtc("12.9"), toolchain.headers("12.9"))
    with tempfile.TemporaryDirectory(prefix="gridproof-kernels-") as folder:
        image = Path(folder) / target.file
        image.write_bytes(code)
        report = Report()
        read = read_resources if arch in NOT_DISASSEMBLED else read_cubin
        judge_cubin(target, read(image, toolchain.cuobjdump()), report)
    if any(words in refusal for refusal in report.refused):
        return None
    return f"self-test: {name} must be refused with `{words}`; refused was {report.refused}"


def _refuses_warnings(toolchain: Toolchain) -> list[str]:
    try:
        compile_unit(Unit(IGNORED_REGISTERS, ()), "sm_90a", toolchain.nvrtc("12.9"), toolchain.headers("12.9"))
    except CompileError as error:
        return [] if "setmaxnreg" in str(error) else [f"self-test: another error: {error}"]
    return ["self-test: a warning of the assembler was not seen"]


def _refuses_ptx() -> list[str]:
    target, report = Target("misc", "compute_80"), Report()
    judge_ptx(target, Ptx("8.8", "sm_90", target.kernels), report)
    return [] if len(report.refused) == 2 else [f"self-test: PTX of another version and target: {report.refused}"]


def _compares(differences: Callable) -> list[str]:
    target = Target("misc", "sm_80")
    with tempfile.TemporaryDirectory(prefix="gridproof-kernels-") as folder:
        built, committed, empty = (Path(folder) / name for name in ("built", "committed", "empty"))
        for path, content in ((built, b"image"), (committed, b"imago")):
            path.mkdir()
            (path / target.file).write_bytes(content)
        empty.mkdir()
        differs, absent = differences(built, committed, [target]), differences(built, empty, [target])
        same = differences(built, built, [target])
    problems = [] if len(differs) == 1 and "from byte 4 on" in differs[0] else [f"self-test: a changed byte: {differs}"]
    return problems + ([] if len(absent) == 1 and not same else [f"self-test: an absent image: {absent}, {same}"])


def _counts_registers() -> list[str]:
    # Occupancy tables: 168 registers × 384 threads fit a multiprocessor, 176 do not.
    fits, does_not = registers_of_block(168, 384), registers_of_block(176, 384)
    return [] if fits == 64512 and does_not == 67584 > 65536 else [f"self-test: registers of a block: {fits}, {does_not}"]
