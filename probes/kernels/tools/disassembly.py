"""What the images are made of: reads cuobjdump's answers, and PTX, into something that rules can be asked of."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

INSTRUCTION = re.compile(r"^\s*/\*[0-9a-f]+\*/\s+(?:(@!?U?P\w+)\s+)?([A-Z][\w.]*)\s*([^;]*);")
RESOURCES = re.compile(r"Function (\w+):\s*(REG:.*)")
REGISTER = re.compile(r"\bR(\d+)(\.64)?\b")


class DisassemblyError(Exception):
    """An answer of the disassembler that cannot be read."""


@dataclass(frozen=True)
class Instruction:
    """One line of machine code."""

    opcode: str
    operands: str

    def __str__(self) -> str:
        return f"{self.opcode} {self.operands}".strip()

    def reads(self) -> set[int]:
        """Numbers of the registers in its operands but the first, whose wider neighbours count only where `.64` says so."""
        _, _, rest = self.operands.partition(",")
        found = set()
        for number, wide in REGISTER.findall(rest):
            found |= {int(number), int(number) + 1} if wide else {int(number)}
        return found


@dataclass(frozen=True)
class Kernel:
    """A kernel of an image."""

    name: str
    instructions: tuple[Instruction, ...]
    registers: int
    stack_bytes: int
    local_bytes: int
    static_shared_bytes: int

    def matching(self, pattern: str) -> list[Instruction]:
        return [line for line in self.instructions if re.match(pattern, line.opcode)]

    def loads_in_flight(self, pattern: str) -> int:
        """Longest run of such loads before an instruction waits for one of them."""
        longest, pending, count = 0, set(), 0
        for line in self.instructions:
            if line.reads() & pending or line.opcode.startswith(("BRA", "EXIT", "BSYNC")):
                pending, count = set(), 0
            if re.match(pattern, line.opcode):
                first = REGISTER.match(line.operands)
                if first is None:
                    raise DisassemblyError(f"{self.name}: no register in `{line}`")
                pending |= set(range(int(first[1]), int(first[1]) + 4))
                count += 1
                longest = max(longest, count)
        return longest


def read_cubin(image: Path, cuobjdump: Path) -> list[Kernel]:
    """The kernels of machine code from sm_75 up; older code the disassembler refuses."""
    resources = {name: _numbers(line) for name, line in RESOURCES.findall(_run(cuobjdump, "-res-usage", image))}
    return [_kernel(name, lines, resources) for name, lines in _functions(_run(cuobjdump, "-sass", image))]


def read_resources(image: Path, cuobjdump: Path) -> list[Kernel]:
    """The kernels without their instructions, for machine code that the disassembler refuses."""
    resources = {name: _numbers(line) for name, line in RESOURCES.findall(_run(cuobjdump, "-res-usage", image))}
    return [_kernel(name, [], resources) for name in resources]


def _kernel(name: str, lines: list[Instruction], resources: dict[str, dict[str, int]]) -> Kernel:
    try:
        use = resources[name]
        return Kernel(name, tuple(lines), use["REG"], use["STACK"], use["LOCAL"], use["SHARED"])
    except KeyError as error:
        raise DisassemblyError(f"{name}: cuobjdump -res-usage does not say {error}") from error


def _functions(text: str) -> Iterator[tuple[str, list[Instruction]]]:
    for part in text.split("Function : ")[1:]:
        name, _, body = part.partition("\n")
        found = (INSTRUCTION.match(line) for line in body.splitlines())
        yield name.strip(), [Instruction(line[2], line[3].strip()) for line in found if line]


def _numbers(line: str) -> dict[str, int]:
    return {key: int(value) for key, value in re.findall(r"([A-Z]+)(?:\[\d+\])?:(\d+)", line)}


def _run(cuobjdump: Path, option: str, image: Path) -> str:
    # It finds nvdisasm by the search path.
    path = f"{cuobjdump.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    result = subprocess.run(
        [str(cuobjdump), option, str(image)], capture_output=True, text=True, check=False, env={**os.environ, "PATH": path}
    )
    if result.returncode != 0:
        raise DisassemblyError(f"cuobjdump {option} {image.name}: {(result.stderr or result.stdout).strip()}")
    # -res-usage puts a kernel's numbers on the next line.
    return result.stdout.replace(":\n  REG", ": REG") if option == "-res-usage" else result.stdout


@dataclass(frozen=True)
class Ptx:
    """Intermediate code."""

    version: str
    target: str
    kernels: frozenset[str]


def read_ptx(image: Path) -> Ptx:
    text = image.read_bytes().rstrip(b"\0").decode()
    version, target = re.search(r"^\.version (\S+)", text, re.M), re.search(r"^\.target (\S+)", text, re.M)
    if version is None or target is None:
        raise DisassemblyError(f"{image.name}: no .version or .target")
    return Ptx(version[1], target[1], frozenset(re.findall(r"\.visible \.entry (\w+)\(", text)))
