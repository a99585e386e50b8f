#!/usr/bin/env python3
"""Builds the GPU kernels' images, and proves that the committed ones are what the sources give.

examples:
  build.py                           builds every image into cubin/, with SHA256SUMS and MANIFEST.json
  build.py --only 'misc.*'           builds only these
  build.py --check                   builds into a temporary folder and compares every byte with cubin/
  build.py --disassemble             asks the rules (tools/rules.py) of the committed images
  build.py --self-test               feeds the rules kernels that break them and expects refusals
  build.py --check --disassemble --self-test     all three, as `make kernels-check` does

exit codes: 0 done, 64 usage, 65 an image differs or breaks a rule, 69 no compiler, 70 sources do not compile
"""

import argparse
import fnmatch
import hashlib
import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

ROOM = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOM / "tools"))

from compile import OPTIONS, CompileError, compile_unit, unit_of  # noqa: E402
from disassembly import DisassemblyError, read_cubin, read_ptx, read_resources  # noqa: E402
from images import IMAGES, TARGETS, Target  # noqa: E402
from rules import NOT_DISASSEMBLED, Report, judge_cubin, judge_ptx  # noqa: E402
from self_test import self_test  # noqa: E402
from toolchain import Toolchain, ToolchainError  # noqa: E402

OK, USAGE, DATA, UNAVAILABLE, INTERNAL = 0, 64, 65, 69, 70
PROCESSES = 2


def say(message: str) -> None:
    print(f"kernels: {message}", flush=True)


class Arguments(argparse.ArgumentParser):
    """Usage errors end with 64, as everywhere in this project."""

    def error(self, message: str):
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}; see --help\n")


def parse_arguments() -> tuple[argparse.Namespace, list[Target]]:
    parser = Arguments(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed bytes instead of writing them")
    parser.add_argument("--disassemble", action="store_true", help="ask the rules of the committed images")
    parser.add_argument("--self-test", action="store_true", help="show that rules and comparison can refuse")
    parser.add_argument("--only", metavar="PATTERN", default="*", help="images by set and architecture, such as 'misc.sm_*'")
    venv = ROOM.parent.parent / "target" / "kernels-venv"
    parser.add_argument("--venv", metavar="FOLDER", type=Path, default=venv, help="where the compilers go (default: %(default)s)")
    arguments = parser.parse_args()
    targets = [target for target in TARGETS if fnmatch.fnmatch(f"{target.set}.{target.arch}", arguments.only)]
    if not targets:
        names = ", ".join(f"{target.set}.{target.arch}" for target in TARGETS)
        parser.error(f"--only {arguments.only} fits none of {names}")
    return arguments, targets


def build_one(job: tuple[Target, Path, Path, Path]) -> tuple[Target, dict, float]:
    """In a process of its own: two versions of a compiler do not share one."""
    target, nvrtc, headers, folder = job
    started = time.monotonic()
    unit = unit_of(target)
    image, compiler = compile_unit(unit, target.arch, nvrtc, headers)
    (folder / target.file).write_bytes(image)
    entry = {
        "set": target.set,
        "arch": target.arch,
        "nvrtc": compiler,
        "roots": list(target.roots),
        "sources": [name for name, _ in unit.headers],
        "source_sha256": unit.sha256,
        "bytes": len(image),
        "sha256": hashlib.sha256(image).hexdigest(),
    }
    return target, entry, time.monotonic() - started


def build(targets: list[Target], toolchain: Toolchain, folder: Path) -> dict[str, dict]:
    """Images of the targets in a folder; their entries of the manifest by file name."""
    jobs = [
        (target, toolchain.nvrtc(target.toolkit), toolchain.headers(target.toolkit), folder)
        for target in targets
    ]
    entries: dict[str, dict] = {}
    with multiprocessing.get_context("spawn").Pool(PROCESSES, maxtasksperchild=1) as pool:
        for done, (target, entry, seconds) in enumerate(pool.imap_unordered(build_one, jobs, chunksize=1), 1):
            entries[target.file] = entry
            say(f"[{done}/{len(jobs)}] {target.file}: {entry['bytes']} bytes in {seconds:.1f} s")
    return entries


def write_lists(entries: dict[str, dict]) -> None:
    """SHA256SUMS and MANIFEST.json of all images; those that were not built this time keep their entry."""
    manifest = IMAGES / "MANIFEST.json"
    known = json.loads(manifest.read_text())["images"] if manifest.exists() else {}
    wanted = {target.file for target in TARGETS}
    images = {file: entry for file, entry in sorted({**known, **entries}.items()) if file in wanted}
    document = {"options": list(OPTIONS), "images": images}
    manifest.write_text(json.dumps(document, indent=1) + "\n")
    (IMAGES / "SHA256SUMS").write_text("".join(f"{entry['sha256']}  {file}\n" for file, entry in images.items()))


def differences(built: Path, committed: Path, targets: list[Target]) -> list[str]:
    """What is not the same byte for byte, with the first place."""
    found = []
    for target in targets:
        if not (committed / target.file).exists():
            found.append(f"{target.file} is not committed")
            continue
        new, old = (built / target.file).read_bytes(), (committed / target.file).read_bytes()
        if new != old:
            place = next((at for at, (a, b) in enumerate(zip(new, old)) if a != b), min(len(new), len(old)))
            found.append(f"{target.file} differs from byte {place} on ({len(new)} bytes built, {len(old)} committed)")
    return found


def check(targets: list[Target], toolchain: Toolchain) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="gridproof-kernels-") as folder:
        build(targets, toolchain, Path(folder))
        found = differences(Path(folder), IMAGES, targets)
    strange = sorted(
        path.name
        for path in IMAGES.iterdir()
        if path.name not in {"MANIFEST.json", "SHA256SUMS", *(target.file for target in TARGETS)}
    )
    found += [f"{name} in cubin/ is built from nothing" for name in strange]
    if not found:
        say(f"{len(targets)} images are built from the sources to the same bytes")
    return found


def disassemble(targets: list[Target], toolchain: Toolchain) -> list[str]:
    report = Report()
    for target in targets:
        image = IMAGES / target.file
        if not image.exists():
            report.require(False, f"{target.file} is missing")
        elif target.is_ptx:
            judge_ptx(target, read_ptx(image), report)
        else:
            before = report.asked
            read = read_resources if target.arch in NOT_DISASSEMBLED else read_cubin
            judge_cubin(target, read(image, toolchain.cuobjdump()), report)
            note = ", not disassembled" if target.arch in NOT_DISASSEMBLED else ""
            say(f"{target.file}: {report.asked - before} rules asked{note}")
    say(f"{report.asked} rules asked, {len(report.refused)} broken")
    return report.refused


def run(arguments: argparse.Namespace, targets: list[Target]) -> int:
    started = time.monotonic()
    toolchain = Toolchain(arguments.venv.resolve())
    toolchain.set_up(say)
    problems: list[str] = []
    if not (arguments.check or arguments.disassemble or arguments.self_test):
        IMAGES.mkdir(exist_ok=True)
        write_lists(build(targets, toolchain, IMAGES))
    if arguments.check:
        problems += check(targets, toolchain)
    if arguments.disassemble:
        problems += disassemble(targets, toolchain)
    if arguments.self_test:
        problems += self_test(toolchain, differences, say)
    for problem in problems:
        print(f"kernels: {problem}", file=sys.stderr)
    if problems:
        print("kernels: if the sources changed on purpose: `make kernels`, then commit cubin/", file=sys.stderr)
    say(f"{'failed' if problems else 'done'} after {time.monotonic() - started:.1f} s")
    return DATA if problems else OK


def main() -> int:
    arguments, targets = parse_arguments()
    try:
        return run(arguments, targets)
    except ToolchainError as error:
        code, message = UNAVAILABLE, str(error)
    except CompileError as error:
        code, message = INTERNAL, f"the sources do not compile: {error}"
    except DisassemblyError as error:
        code, message = DATA, f"an image cannot be read: {error}"
    print(f"kernels: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
