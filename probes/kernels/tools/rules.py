"""What must hold of every image, from the disassembly. Each rule names the kernel, what is missing, and what was found."""

import re
from collections import Counter
from collections.abc import Iterator

from disassembly import Kernel, Ptx
from images import Target

REGISTERS_OF_A_MULTIPROCESSOR = 65536
REGISTERS_OF_A_THREAD = 255
WARP_ALLOCATION = 256
STATIC_SHARED_BYTES = 48 * 1024
# By compute capability: threads of a multiprocessor, and dynamic shared memory that a block may opt in to, bytes.
# CUDA C++ Programming Guide 12.9, section 17.2, table "Technical specifications per compute capability".
LIMITS = {
    "sm_70": (2048, 96 << 10),
    "sm_75": (1024, 64 << 10),
    "sm_80": (2048, 163 << 10),
    "sm_86": (1536, 99 << 10),
    "sm_89": (1536, 99 << 10),
    "sm_90a": (2048, 227 << 10),
    "sm_100a": (2048, 227 << 10),
    "sm_120": (1536, 99 << 10),
}
# nvdisasm 13.5 refuses it: only the resources that the image states of itself can be judged.
NOT_DISASSEMBLED = frozenset(["sm_70"])

STREAMING = ("gp_read", "gp_write", "gp_copy", "gp_triad")
STREAMING_THREADS = 512
BLOCKS_OF_STREAMING = 4
LOAD_128 = r"LDG\.E\b.*\.128\b"
# What becomes of `.L2::256B`: the assembler makes 128 bytes of it on sm_80.
LOAD_128_AHEAD = r"LDG\.E\b.*\.LTC(128|256)B\.128\b"
STORE_128 = r"STG\.E\b.*\.128\b"
SPILL = r"(LDL|STL)\b"

# Loads of 16 bytes that must be under way at once in a thread.
IN_FLIGHT = {"gp_read": 4, "gp_copy": 2, "gp_triad": 4}
FMA_IN_A_ROUND = 128

# Tensor instruction of each product: through wgmma on sm_90a, through mma.sync elsewhere.
WGMMA = {
    "gp_gemm_bf16": r"HGMMA\.64x\d+x16\.F32\.BF16\b",
    "gp_gemm_f16": r"HGMMA\.64x\d+x16\.F32$",
    "gp_gemm_tf32": r"HGMMA\.64x\d+x8\.F32\.TF32\b",
    "gp_gemm_e4m3": r"QGMMA\.64x\d+x32\.F32\.E4M3\.E4M3\b",
    "gp_gemm_s8": r"IGMMA\.64x\d+x32\.S8\.S8\b",
    "gp_gemm_f64": r"DMMA\b",
}
MMA = {
    "gp_gemm_bf16": r"HMMA\.16816\.F32\.BF16\b",
    "gp_gemm_f16": r"HMMA\.16816\.F32$",
    "gp_gemm_tf32": r"HMMA\.1688\.F32\.TF32\b",
    "gp_gemm_e4m3": r"QMMA\.16832\.F32\.E4M3\.E4M3\b",
    "gp_gemm_s8": r"IMMA\.16832\.S8\.S8\b",
    "gp_gemm_f64": r"DMMA\b",
}


class Report:
    """Counts what was asked, keeps what was refused."""

    def __init__(self) -> None:
        self.asked = 0
        self.refused: list[str] = []

    def require(self, holds: bool, message: str) -> None:
        self.asked += 1
        if not holds:
            self.refused.append(message)


def judge_ptx(target: Target, ptx: Ptx, report: Report) -> None:
    """Version 8.4 is what drivers from 12.4 on take."""
    capability = target.arch.removeprefix("compute_")
    report.require(ptx.version == "8.4", f"{target.file}: PTX {ptx.version} instead of 8.4")
    report.require(ptx.target == f"sm_{capability}", f"{target.file}: for {ptx.target}")
    _same_kernels(target, ptx.kernels, report)


def judge_cubin(target: Target, kernels: list[Kernel], report: Report) -> None:
    _same_kernels(target, frozenset(kernel.name for kernel in kernels), report)
    for kernel in kernels:
        rules = list(_of_resources(target, kernel))
        if target.arch not in NOT_DISASSEMBLED:
            rules += [*_of_instructions(kernel), *_of_this_kernel(target, kernel)]
        for holds, message in rules:
            report.require(holds, f"{target.file}: {kernel.name}: {message}")


def _same_kernels(target: Target, found: frozenset[str], report: Report) -> None:
    missing, strange = sorted(target.kernels - found), sorted(found - target.kernels)
    report.require(not missing, f"{target.file}: lacks {', '.join(missing)}")
    report.require(not strange, f"{target.file}: has {', '.join(strange)}, which abi.rs does not know")


def threads_of(target: Target, name: str) -> int:
    """Threads of a block, as abi.rs says."""
    if name.startswith("gp_gemm_"):
        return 384 if target.arch == "sm_90a" and name != "gp_gemm_f64_f64" else 256
    if name in STREAMING:
        return STREAMING_THREADS
    return 256


def registers_of_block(registers: int, threads: int) -> int:
    """Registers are given to a warp in units of 256."""
    warp = -(-registers * 32 // WARP_ALLOCATION) * WARP_ALLOCATION
    return warp * (threads // 32)


def _of_instructions(kernel: Kernel) -> Iterator[tuple[bool, str]]:
    yield bool(kernel.instructions), "no instruction could be read"
    spills = [str(line) for line in kernel.matching(SPILL)]
    yield not spills, f"spills registers to memory: {spills[:3]}"


def _of_resources(target: Target, kernel: Kernel) -> Iterator[tuple[bool, str]]:
    yield kernel.stack_bytes == 0, f"a stack of {kernel.stack_bytes} bytes"
    yield kernel.local_bytes == 0, f"{kernel.local_bytes} bytes of local memory"
    yield 0 < kernel.registers <= REGISTERS_OF_A_THREAD, f"{kernel.registers} registers"
    block = registers_of_block(kernel.registers, threads_of(target, kernel.name))
    yield block <= REGISTERS_OF_A_MULTIPROCESSOR, f"a block needs {block} of {REGISTERS_OF_A_MULTIPROCESSOR} registers"
    limit = min(STATIC_SHARED_BYTES, LIMITS[target.arch][1])
    yield kernel.static_shared_bytes <= limit, f"{kernel.static_shared_bytes} bytes of static shared memory, {limit} at most"
    if kernel.name in STREAMING:
        yield from _of_residence(target, kernel)


def _of_this_kernel(target: Target, kernel: Kernel) -> Iterator[tuple[bool, str]]:
    if kernel.name in STREAMING:
        yield from _of_streaming(target, kernel)
    if kernel.name == "gp_fma_f32":
        yield _at_least(kernel, r"FFMA\b", FMA_IN_A_ROUND)
    if kernel.name == "gp_fma_f64":
        yield _at_least(kernel, r"DFMA\b", FMA_IN_A_ROUND)
    if kernel.name in ("gp_chase", "gp_chase_map"):
        loads = kernel.matching(r"LDG\.")
        yield len(loads) == 1 and ".STRONG.GPU" in loads[0].opcode, f"one load that bypasses L1, not {_opcodes(loads)}"
    if kernel.name.startswith("gp_gemm_"):
        yield from _of_product(target, kernel)


def _of_streaming(target: Target, kernel: Kernel) -> Iterator[tuple[bool, str]]:
    if kernel.name in IN_FLIGHT:
        wanted = LOAD_128 if target.arch == "sm_75" else LOAD_128_AHEAD
        wrong = [line for line in kernel.matching(r"LD") if re.match(r"LDG", line.opcode) and not re.match(wanted, line.opcode)]
        yield not wrong, f"loads that are not of 16 bytes: {_opcodes(wrong)}"
        found = kernel.loads_in_flight(wanted)
        yield found >= IN_FLIGHT[kernel.name], f"{found} loads of 16 bytes in flight, {IN_FLIGHT[kernel.name]} wanted"
    if kernel.name != "gp_read":
        yield _at_least(kernel, STORE_128, 2)


def _of_residence(target: Target, kernel: Kernel) -> Iterator[tuple[bool, str]]:
    threads, _ = LIMITS[target.arch]
    blocks = min(BLOCKS_OF_STREAMING, threads // STREAMING_THREADS)
    fitting = REGISTERS_OF_A_MULTIPROCESSOR // registers_of_block(kernel.registers, STREAMING_THREADS)
    yield fitting >= blocks, f"{fitting} blocks fit a multiprocessor, {blocks} wanted"


def _of_product(target: Target, kernel: Kernel) -> Iterator[tuple[bool, str]]:
    precision = kernel.name.rpartition("_")[0]
    hopper = target.arch == "sm_90a"
    yield _at_least(kernel, (WGMMA if hopper else MMA)[precision], 4)
    if hopper and precision != "gp_gemm_f64":
        # Where registers run short the compiler waits after every product (ptxas C7511): one of these before each, not before four.
        products, fences = len(kernel.matching(WGMMA[precision])), len(kernel.matching(r"WARPGROUP\.ARRIVE\b"))
        yield products == 4 * fences, f"{products} products are issued in {fences} groups, not by four: serialised"
        # Only the meetings of the cluster fence the whole GPU; freeing a stage must not.
        memory_fences = kernel.matching(r"MEMBAR\.\w+\.GPU\b")
        yield len(memory_fences) <= 2, f"{len(memory_fences)} fences of the whole GPU"
        yield _at_least(kernel, r"UTMALDG\.2D\b", 2)
        yield _at_least(kernel, r"UTMALDG\.2D\.MULTICAST\b", 1)
    else:
        narrow = [line for line in kernel.matching(r"LDGSTS\b") if not re.search(r"\.128\b", line.opcode)]
        yield not narrow, f"copies to shared memory that are not of 16 bytes: {_opcodes(narrow)}"
        yield _at_least(kernel, r"LDGSTS\b.*\.128\b", 4)


def _at_least(kernel: Kernel, pattern: str, count: int) -> tuple[bool, str]:
    found = len(kernel.matching(pattern))
    families = Counter(line.opcode for line in kernel.instructions if re.match(r"\w*(MMA|FMA|LDG|STG)", line.opcode))
    return found >= count, f"{found} times {pattern}, {count} wanted; has {dict(families.most_common(6))}"


def _opcodes(lines: list) -> list[str]:
    return sorted({line.opcode for line in lines})
