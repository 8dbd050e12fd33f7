"""Which Accelergy it was, and which plug-ins it had.

All of them have said 0.4 or 0.1 for years: checksums of their sources tell them apart.
"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from flat_plugin.programs.find import (
    described,
    python_module,
    python_package,
    script_python,
    sources_checksum,
)

_FOUND = re.compile(r"Estimator plug-in identified by: (.+\.estimator\.yaml)\s*$", re.MULTILINE)
_SOURCES = (".cfg", ".csv", ".dat", ".py", ".yaml")
_PASSED_OVER = ("dummy_tables", "flat-plugin")  # placeholders; ours, which is given with the run


def accelergy_version(program: str, log: str) -> tuple[str, tuple[str, ...]]:
    """("Accelergy 0.4 (sources sha256 …)", the plug-ins that its log says it found, and ours)."""
    folders = sorted({Path(path).parent for path in _FOUND.findall(log)}, key=lambda folder: folder.name)
    plug_ins = [
        f"{folder.name} (sources sha256 {sources_checksum(str(folder), _SOURCES)})"
        for folder in folders
        if folder.name not in _PASSED_OVER
    ]
    return _accelergy(program), (*plug_ins, _ours())


def _accelergy(program: str) -> str:
    python = script_python(program)
    version = python_package(python, "accelergy") if python else None
    module = python_module(python, "accelergy") if python else None
    if version is None or module is None:
        return f"Accelergy, {described(program)}"
    checksum = sources_checksum(str(Path(module).parent), (".py",))
    return f"Accelergy {version} (sources sha256 {checksum})"


def _ours() -> str:
    try:
        return f"flat-plugin {metadata.version('flat-plugin')}"
    except metadata.PackageNotFoundError:  # run from its sources
        return "flat-plugin"
