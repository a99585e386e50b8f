"""The card's own best: bf16 products of torch.matmul, or of cuBLAS where torch is absent, timed by device events.

A process that `proof.py` keeps beside the probe, so that both take turns on one card. It prints one JSON object a line:
first {"ready": name} or {"not_run": reason}, then, for each line "SIZE SECONDS" on standard input, the TFLOP/s of every
sample by layout of the second operand: "tn" as the probe has it (B[n,k]), "nn" as torch users write it (B[k,n]).
"""

import ctypes
import glob
import json
import os
import random
import struct
import sys
import time

WARM_UP_SECONDS = 1.0
SAMPLE_SECONDS = 0.04
# Operands in turn, so that none of them stays in the L2 cache; the probe does the same.
SETS = 3


class NotRun(Exception):
    """Why there is nothing to compare with."""


def sampled(launch, events, size, seconds):
    """TFLOP/s of samples of at least SAMPLE_SECONDS; `launch(i)` queues product i, `events` has start/stop/elapsed."""
    operations = 2.0 * size**3
    launch(0)
    began = time.monotonic()
    count = 0
    events.start()
    while time.monotonic() - began < WARM_UP_SECONDS:
        for index in range(8):
            launch(index)
        count += 8
        events.stop()
        once = events.elapsed() / count
    repeats = max(1, int(SAMPLE_SECONDS / max(once, 1e-6)) + 1)
    rates = []
    began = time.monotonic()
    while time.monotonic() - began < seconds or len(rates) < 5:
        events.start()
        for index in range(repeats):
            launch(index)
        events.stop()
        rates.append(operations * repeats / events.elapsed() / 1e12)
    return rates


class TorchEvents:
    def __init__(self, torch):
        self.torch = torch
        self.pair = [torch.cuda.Event(enable_timing=True) for _ in range(2)]

    def start(self):
        self.pair[0].record()

    def stop(self):
        self.pair[1].record()
        self.pair[1].synchronize()

    def elapsed(self):
        return self.pair[0].elapsed_time(self.pair[1]) / 1e3


class Torch:
    """torch.matmul on random-normal bf16."""

    def __init__(self, device):
        try:
            import torch
        except ImportError as error:
            raise NotRun(f"torch is not installed ({error})") from error
        if not torch.cuda.is_available():
            raise NotRun("torch sees no GPU")
        torch.cuda.set_device(device)
        self.torch = torch
        self.name = f"torch.matmul {torch.__version__} (CUDA {torch.version.cuda})"
        self.events = TorchEvents(torch)

    def rates(self, size, seconds):
        torch = self.torch
        sets = [
            [torch.randn(size, size, device="cuda", dtype=torch.bfloat16) for _ in range(2)]
            + [torch.empty(size, size, device="cuda", dtype=torch.bfloat16)]
            for _ in range(SETS)
        ]

        def product(turned):
            def launch(index):
                a, b, d = sets[index % SETS]
                torch.matmul(a, b.t() if turned else b, out=d)

            return launch

        try:
            return {
                "tn": sampled(product(True), self.events, size, seconds),
                "nn": sampled(product(False), self.events, size, seconds),
            }
        finally:
            del sets
            torch.cuda.empty_cache()


def library(names, folders):
    """The first library of these names that loads: by the loader's own path, else from folders of wheels and toolkits."""
    found = [path for folder in folders for name in names for path in sorted(glob.glob(os.path.join(folder, name)))]
    for path in [*names, *found]:
        try:
            return ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
    return None


def toolkit_folders():
    packages = [os.path.join(path, "nvidia", "*", "lib") for path in sys.path if path]
    return [*packages, "/usr/local/cuda*/lib64", "/usr/local/cuda*/targets/x86_64-linux/lib"]


def check(code, what):
    if code != 0:
        raise NotRun(f"{what} answers {code}")


class DriverEvents:
    def __init__(self, driver):
        self.driver = driver
        self.pair = [ctypes.c_void_p() for _ in range(2)]
        for event in self.pair:
            check(driver.cuEventCreate(ctypes.byref(event), 0), "cuEventCreate")

    def start(self):
        check(self.driver.cuEventRecord(self.pair[0], None), "cuEventRecord")

    def stop(self):
        check(self.driver.cuEventRecord(self.pair[1], None), "cuEventRecord")
        check(self.driver.cuEventSynchronize(self.pair[1]), "cuEventSynchronize")

    def elapsed(self):
        ms = ctypes.c_float()
        check(self.driver.cuEventElapsedTime(ctypes.byref(ms), *self.pair), "cuEventElapsedTime")
        return ms.value / 1e3


class CuBlas:
    """cublasGemmEx through the driver's primary context. Row-major D = A·Bᵀ is column-major Dᵀ = B·Aᵀ."""

    N, T, BF16, COMPUTE_32F, DEFAULT = 0, 1, 14, 68, -1

    def __init__(self, device):
        self.blas = library(["libcublas.so.13", "libcublas.so.12", "libcublas.so"], toolkit_folders())
        if self.blas is None:
            raise NotRun("libcublas is not found")
        self.driver = library(["libcuda.so.1"], [])
        if self.driver is None:
            raise NotRun("libcuda.so.1 is not found")
        context, gpu = ctypes.c_void_p(), ctypes.c_int()
        check(self.driver.cuInit(0), "cuInit")
        check(self.driver.cuDeviceGet(ctypes.byref(gpu), device), "cuDeviceGet")
        check(self.driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), gpu), "cuDevicePrimaryCtxRetain")
        check(self.driver.cuCtxSetCurrent(context), "cuCtxSetCurrent")
        self.handle = ctypes.c_void_p()
        check(self.blas.cublasCreate_v2(ctypes.byref(self.handle)), "cublasCreate_v2")
        version = ctypes.c_int()
        check(self.blas.cublasGetVersion_v2(self.handle, ctypes.byref(version)), "cublasGetVersion_v2")
        self.name = f"cuBLAS {version.value} (cublasGemmEx)"
        self.events = DriverEvents(self.driver)

    def memory(self, size):
        address = ctypes.c_uint64()
        check(self.driver.cuMemAlloc_v2(ctypes.byref(address), ctypes.c_size_t(2 * size * size)), "cuMemAlloc_v2")
        return address.value

    def fill(self, address, size, block):
        """The block again and again; its odd length keeps rows from being alike."""
        total = 2 * size * size
        for at in range(0, total, len(block)):
            count = min(len(block), total - at)
            to, length = ctypes.c_uint64(address + at), ctypes.c_size_t(count)
            check(self.driver.cuMemcpyHtoD_v2(to, block, length), "cuMemcpyHtoD_v2")

    def rates(self, size, seconds):
        block = normal_bf16(1_000_003)
        sets = [[self.memory(size) for _ in range(3)] for _ in range(SETS)]
        try:
            for a, b, _ in sets:
                self.fill(a, size, block)
                self.fill(b, size, block[2_002:] + block[:2_002])
            return {
                "tn": sampled(self.product(sets, size, self.T), self.events, size, seconds),
                "nn": sampled(self.product(sets, size, self.N), self.events, size, seconds),
            }
        finally:
            for address in (address for addresses in sets for address in addresses):
                self.driver.cuMemFree_v2(ctypes.c_uint64(address))

    def product(self, sets, size, operation):
        one, zero = ctypes.c_float(1.0), ctypes.c_float(0.0)

        def launch(index):
            a, b, d = (ctypes.c_void_p(address) for address in sets[index % SETS])
            check(
                self.blas.cublasGemmEx(
                    self.handle, operation, self.N, size, size, size,
                    ctypes.byref(one), b, self.BF16, size, a, self.BF16, size,
                    ctypes.byref(zero), d, self.BF16, size, self.COMPUTE_32F, self.DEFAULT,
                ),
                "cublasGemmEx",
            )

        return launch


def normal_bf16(count):
    """Random-normal bf16, cut from fp32."""
    random.seed(20261124)
    cut = bytearray()
    for _ in range(count):
        cut += struct.pack("<f", random.gauss(0.0, 1.0))[2:]
    return bytes(cut)


def opened(device):
    reasons = []
    for kind in (Torch, CuBlas):
        try:
            return kind(device)
        except NotRun as reason:
            reasons.append(str(reason))
        except Exception as error:  # a broken installation is a reason, too
            reasons.append(f"{kind.__name__}: {error}")
    raise NotRun("; ".join(reasons))


def main():
    def say(what):
        print(json.dumps(what), flush=True)

    try:
        baseline = opened(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    except NotRun as reason:
        say({"not_run": str(reason)})
        return
    say({"ready": baseline.name})
    for line in sys.stdin:
        size, seconds = line.split()
        try:
            say(baseline.rates(int(size), float(seconds)))
        except Exception as error:  # told, so that the reason stands in the report
            say({"not_run": f"{type(error).__name__}: {error}"})
            return


if __name__ == "__main__":
    main()
