"""Which images there are: sets of kernels, architectures, sources, and which compiler builds them."""

from dataclasses import dataclass
from pathlib import Path

ROOM = Path(__file__).resolve().parent.parent
SOURCES = ROOM / "src" / "cuda"
IMAGES = ROOM / "cubin"

MACHINE_CODE = "12.9"
INTERMEDIATE_CODE = "12.4"

MISC_KERNELS = frozenset(
    "gp_fill_normal gp_fill_integers gp_fma_f32 gp_fma_f64 gp_linear_fill gp_read gp_write gp_copy gp_triad gp_fill "
    "gp_verify gp_ring gp_chase gp_chase_map gp_noop gp_blocker gp_census gp_heartbeat".split()
)
PRODUCTS = frozenset(
    "gp_gemm_bf16_bf16 gp_gemm_bf16_f32 gp_gemm_f16_f16 gp_gemm_f16_f32 gp_gemm_s8_s32 gp_gemm_tf32_f32 gp_gemm_f64_f64".split()
)
E4M3 = frozenset(["gp_gemm_e4m3_f32"])
# mma.sync takes e4m3 as an instruction of its own only here; elsewhere it would measure pairs of fp16 products.
E4M3_ARCHES = frozenset(["sm_89", "sm_90a", "sm_120"])

MISC_ARCHES = "sm_70 sm_75 sm_80 sm_86 sm_89 sm_90a sm_100a sm_120 compute_80".split()
GEMM_ARCHES = "sm_80 sm_86 sm_89 sm_90a sm_120 compute_80".split()


@dataclass(frozen=True)
class Target:
    """One image."""

    set: str
    arch: str

    @property
    def file(self) -> str:
        return f"{self.set}.{self.arch}.{'ptx' if self.is_ptx else 'cubin'}"

    @property
    def is_ptx(self) -> bool:
        return self.arch.startswith("compute_")

    @property
    def toolkit(self) -> str:
        return INTERMEDIATE_CODE if self.is_ptx else MACHINE_CODE

    @property
    def roots(self) -> tuple[str, ...]:
        """Sources that the translation unit includes, in order."""
        if self.set == "misc":
            return ("misc.cu",)
        if self.arch == "sm_90a":
            return ("gemm90.cu", "gemm_f64.cu")
        # sm_80 alone grants the shared memory for deeper stages.
        deep = ("ampere_deep.cuh",) if self.arch == "sm_80" else ()
        return (*deep, "gemm80.cu", "gemm_f64.cu")

    @property
    def kernels(self) -> frozenset[str]:
        """Exactly the kernels that it must have."""
        if self.set == "misc":
            return MISC_KERNELS
        return PRODUCTS | (E4M3 if self.arch in E4M3_ARCHES else frozenset())


TARGETS = [Target("gemm", arch) for arch in GEMM_ARCHES] + [Target("misc", arch) for arch in MISC_ARCHES]
