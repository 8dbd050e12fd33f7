"""Which outside programs are here, and which build they are."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

PYTHON_VARIABLE = "FLAT_PYTIMELOOP_PYTHON"
_HASHED = 12  # hex digits of a build's checksum that are shown
_VERSION = "import importlib.metadata as m, sys; sys.stdout.write(m.version(sys.argv[1]))"
_ORIGIN = "import importlib.util as u, sys; sys.stdout.write(u.find_spec(sys.argv[1]).origin)"
_QUERY_SECONDS = 30


def find_program(name: str) -> str | None:
    """The absolute path of a program on PATH."""
    path = shutil.which(name)
    return os.path.abspath(path) if path else None


def described(path: str) -> str:
    """``timeloop-model (/usr/bin/timeloop-model, sha256 0123456789ab)``.

    Timeloop prints no version: the checksum tells builds apart.
    """
    checksum = build(path)
    return f"{Path(path).name} ({path}{', sha256 ' + checksum if checksum else ''})"


def build(path: str) -> str:
    """The checksum of a program, the same wherever it is installed; empty if it cannot be read."""
    try:
        stat = os.stat(path)
        return _checksum(path, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return ""


@lru_cache(maxsize=16)
def _checksum(path: str, _modified: int, _size: int) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:_HASHED]


def pytimeloop_python() -> str | None:
    """The Python that has pytimeloop: the one in ``FLAT_PYTIMELOOP_PYTHON``, else ours if it has it.

    pytimeloop is never imported here: its bindings can end the interpreter.
    """
    return python_with("pytimeloop", PYTHON_VARIABLE)


def python_with(package: str, variable: str) -> str | None:
    """The Python that has a package: the one in an environment variable, else ours if it has it."""
    named = os.environ.get(variable)
    if named:
        return named if python_package(named, package) else None
    try:
        return sys.executable if find_spec(package) else None
    except (ImportError, ValueError):
        return None


@lru_cache(maxsize=32)
def python_package(python: str, package: str) -> str | None:
    """The version of a package in a Python; None if it, or the Python, is not there."""
    return _asked(python, _VERSION, package)


@lru_cache(maxsize=32)
def python_module(python: str, module: str) -> str | None:
    """The file of a module in a Python; None if it, or the Python, is not there."""
    return _asked(python, _ORIGIN, module)


def script_python(script: str) -> str | None:
    """The Python in a script's first line; None if there is none that can be called."""
    try:
        with open(script, "rb") as stream:
            line = stream.readline(1000).decode("utf-8", errors="replace").strip()
    except OSError:
        return None
    python = line[2:].strip()
    return python if line.startswith("#!") and "python" in python and " " not in python else None


def sources_checksum(folder: str, endings: tuple[str, ...]) -> str:
    """A checksum of a folder's source files, to tell versions of a program apart that say none."""
    digest = hashlib.sha256()
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix in endings and path.is_file():
            digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:_HASHED]


def _asked(python: str, program: str, argument: str) -> str | None:
    try:
        done = subprocess.run(
            [python, "-c", program, argument],
            capture_output=True,
            text=True,
            timeout=_QUERY_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
