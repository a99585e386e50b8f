"""The pinned compilers: installed with pip into a virtual environment of their own, checked by sum."""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSIONS = ("12.9", "12.4")


class ToolchainError(Exception):
    """A compiler that cannot be had, with the next step."""


class Toolchain:
    """Folders of the unpacked packages, one a version: two versions of one package cannot share a folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def set_up(self, say) -> None:
        """Installs what is missing; does nothing when the requirements are those of the last time."""
        for version in VERSIONS:
            requirements = HERE / f"requirements-{version}.txt"
            stamp = self.packages(version) / ".requirements-sha256"
            wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
            if stamp.exists() and stamp.read_text() == wanted:
                continue
            say(f"installing the compiler of {requirements.name} into {self.folder} (once)")
            self._install(version, requirements)
            stamp.write_text(wanted)

    def packages(self, version: str) -> Path:
        return self.folder / f"packages-{version}"

    def nvrtc(self, version: str) -> Path:
        return self._existing(self.packages(version) / "nvidia/cuda_nvrtc/lib/libnvrtc.so.12")

    def headers(self, version: str) -> Path:
        return self._existing(self.packages(version) / "nvidia/cuda_runtime/include")

    def cuobjdump(self) -> Path:
        return self._existing(self.packages("12.9") / "nvidia/cu13/bin/cuobjdump")

    def _existing(self, path: Path) -> Path:
        if not path.exists():
            raise ToolchainError(f"{path} is missing: delete {self.folder} and run again")
        return path

    def _install(self, version: str, requirements: Path) -> None:
        python = self.folder / "bin" / "python"
        if not python.exists():
            venv.create(self.folder, with_pip=True)
        shutil.rmtree(self.packages(version), ignore_errors=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        command += ["--only-binary", ":all:", "--target", self.packages(version), "--requirement", requirements]
        result = subprocess.run([str(part) for part in command], stdout=sys.stderr, check=False)
        if result.returncode != 0:
            raise ToolchainError(
                f"pip could not install {requirements.name} (its message is above). "
                "Kernels are compiled on Linux x86-64 with access to a Python package index; nothing else needs them: "
                "the committed images are used as they are."
            )
