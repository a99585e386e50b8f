"""One translation unit through NVRTC. The result depends on the sources, the architecture and the compiler only."""

import ctypes
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from images import SOURCES, Target

# Names are part of what a compiler may write into an image: always the same, whatever the folder.
PROGRAM = b"kernels.cu"
OPTIONS = ("-std=c++17",)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
# A warning is an error: the assembler's tell of lost speed (serialised wgmma, ignored setmaxnreg). This one we know.
EXPECTED_WARNINGS = re.compile(r"^nvrtc: warning: Architectures prior to .*_75' are deprecated.*$", re.MULTILINE)


class CompileError(Exception):
    """Sources that do not compile without a warning, with the compiler's log."""


@dataclass(frozen=True)
class Unit:
    """A translation unit: text, and the headers that it includes by name."""

    text: str
    headers: tuple[tuple[str, str], ...]

    @property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for name, text in (("", self.text), *self.headers):
            digest.update(f"{name}\0{len(text)}\0{text}".encode())
        return digest.hexdigest()


def unit_of(target: Target, sources: Path = SOURCES) -> Unit:
    """The unit of a target, with every file that it includes, sorted by name."""
    found: dict[str, str] = {}
    waiting = list(target.roots)
    while waiting:
        name = waiting.pop()
        # host.hpp is the other branch of a condition that only the test on the CPU takes.
        if name in found or name == "host.hpp":
            continue
        try:
            found[name] = (sources / name).read_text()
        except OSError as error:
            raise CompileError(f"{target.file}: cannot read {name}: {error.strerror}") from error
        waiting += INCLUDE.findall(found[name])
    return Unit("".join(f'#include "{root}"\n' for root in target.roots), tuple(sorted(found.items())))


def compile_unit(unit: Unit, arch: str, nvrtc: Path, headers: Path) -> tuple[bytes, str]:
    """Machine code of an architecture `sm_*`, or PTX of `compute_*`; and the compiler's version."""
    library = ctypes.CDLL(str(nvrtc))
    major, minor = ctypes.c_int(), ctypes.c_int()
    _check(library.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor)), "nvrtcVersion")
    texts = _strings(text for _, text in unit.headers)
    names = _strings(name for name, _ in unit.headers)
    options = _strings([f"--gpu-architecture={arch}", f"--include-path={headers}", *OPTIONS])
    program = ctypes.c_void_p()
    created = library.nvrtcCreateProgram(
        ctypes.byref(program), unit.text.encode(), PROGRAM, len(texts), texts, names
    )
    _check(created, "nvrtcCreateProgram")
    failed = library.nvrtcCompileProgram(program, len(options), options) != 0
    log = _read(library, program, "ProgramLog").rstrip(b"\0\n ").decode()
    if failed or EXPECTED_WARNINGS.sub("", log).strip():
        raise CompileError(f"{arch}:\n{log}")
    image = _read(library, program, "PTX" if arch.startswith("compute_") else "CUBIN")
    library.nvrtcDestroyProgram(ctypes.byref(program))
    return image, f"{major.value}.{minor.value}"


def _strings(values) -> ctypes.Array:
    encoded = [value.encode() for value in values]
    return (ctypes.c_char_p * len(encoded))(*encoded)


def _read(library, program, what: str) -> bytes:
    size = ctypes.c_size_t()
    _check(getattr(library, f"nvrtcGet{what}Size")(program, ctypes.byref(size)), what)
    buffer = ctypes.create_string_buffer(size.value)
    _check(getattr(library, f"nvrtcGet{what}")(program, buffer), what)
    return buffer.raw[: size.value]


def _check(code: int, call: str) -> None:
    if code != 0:
        raise CompileError(f"{call} answered {code}")
