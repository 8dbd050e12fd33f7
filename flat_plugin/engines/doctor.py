"""Which outside tools are here, which version, what each would add, and how to get it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import yaml

from flat_plugin.programs.find import described, find_program, python_package, pytimeloop_python

TIMELOOP = "build https://github.com/NVlabs/timeloop and put its bin folder on PATH"
ACCELERGY = "pip install git+https://github.com/Accelergy-Project/accelergy.git, and its plug-ins"
PYTIMELOOP = (
    "build https://github.com/Accelergy-Project/timeloop-python; FLAT_PYTIMELOOP_PYTHON names its Python"
)
_DOT_SECONDS = 10
_CONFIG = Path("~/.config/accelergy/accelergy_config.yaml")
_MOST_PLUG_INS = 200


@dataclass(frozen=True)
class Finding:
    """One tool. ``version`` and ``where`` are empty if it is not here or does not say."""

    name: str
    found: bool
    adds: str
    get: str
    version: str = ""
    where: str = ""
    details: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


Answer = tuple[str, str, tuple[str, ...]] | None  # version, where, details
Probe = Callable[[], Answer]


def survey() -> tuple[Finding, ...]:
    """Look for every tool. A probe that goes wrong is a tool not found, with the reason."""
    return tuple(_finding(name, probe, adds, get) for name, probe, adds, get in _probes())


def _finding(name: str, probe: Probe, adds: str, get: str) -> Finding:
    try:
        answer = probe()
    except Exception as error:  # whatever a broken installation may raise
        return Finding(name, False, adds, get, details=(f"{type(error).__name__}: {error}",))
    if answer is None:
        return Finding(name, False, adds, get)
    version, where, details = answer
    return Finding(name, True, adds, get, version, where, details)


def _probes() -> Iterator[tuple[str, Probe, str, str]]:
    yield (
        "python",
        _python,
        "runs flat-plugin (3.11 or later; 3.12 for hwcomponents)",
        "https://www.python.org",
    )
    model = "real Timeloop for explicit mappings: --engine timeloop"
    yield "timeloop-model", lambda: _program("timeloop-model"), model, TIMELOOP
    mapper = "real Timeloop's search inside a dataflow"
    yield "timeloop-mapper", lambda: _program("timeloop-mapper"), mapper, TIMELOOP
    yield (
        "pytimeloop",
        _pytimeloop,
        "the second way to Timeloop, by timeloopfe: --engine pytimeloop",
        PYTIMELOOP,
    )
    yield "accelergy", _accelergy, "energy and area estimated by Accelergy and its plug-ins", ACCELERGY
    for name, adds, get in (
        (
            "hwcomponents",
            "pip-installable energy and area (Python 3.12 or later)",
            "pip install hwcomponents",
        ),
        ("hwcomponents-cacti", "memories for hwcomponents", "pip install hwcomponents-cacti"),
        ("hwcomponents-library", "published parts for hwcomponents", "pip install hwcomponents-library"),
        ("accelforge", "a second model to compare with (Python 3.12 or later)", "pip install accelforge"),
        ("dask", "batches on a cluster", "pip install 'dask[distributed]'"),
        ("distributed", "batches on a Dask cluster", "pip install 'dask[distributed]'"),
        ("dask-jobqueue", "batches on Slurm and other queues", "pip install dask-jobqueue"),
    ):
        yield name, lambda name=name: _package(name), adds, get  # type: ignore[misc]
    yield (
        "dot",
        _dot,
        "Graphviz: mappings as pictures",
        "https://graphviz.org/download, or apt install graphviz",
    )


def _python() -> Answer:
    return platform.python_version(), sys.executable, ()


def _program(name: str) -> Answer:
    path = find_program(name)
    if path is None:
        return None
    checksum = described(path).rpartition("sha256 ")[2].rstrip(")") if path else ""
    return f"sha256 {checksum}", path, ()  # Timeloop prints no version


def _package(name: str) -> Answer:
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    return found.version, str(found.locate_file("")), ()


def _pytimeloop() -> Answer:
    python = pytimeloop_python()
    return (python_package(python, "pytimeloop") or "", python, ()) if python else None


def _accelergy() -> Answer:
    path = find_program("accelergy")
    if path is None:
        return None
    python = _interpreter(path)
    version = python_package(python, "accelergy") if python else None
    return version or "", path, tuple(f"plug-in {name}" for name in _plug_ins())


def _interpreter(script: str) -> str | None:
    """The Python in a script's first line."""
    with open(script, "rb") as stream:
        line = stream.readline(1000).decode("utf-8", errors="replace").strip()
    return (
        line[2:].strip()
        if line.startswith("#!") and "python" in line and " " not in line[2:].strip()
        else None
    )


def _plug_ins() -> list[str]:
    """Folders with a ``*.estimator.yaml`` below the places in Accelergy's configuration."""
    config = _CONFIG.expanduser()
    if not config.is_file():
        return []
    places = (yaml.safe_load(config.read_text(encoding="utf-8")) or {}).get("estimator_plug_ins") or []
    names: set[str] = set()
    for place in places:
        for folder, _, files in os.walk(place):
            names |= {Path(folder).name for file in files if file.endswith(".estimator.yaml")}
            if len(names) > _MOST_PLUG_INS:
                return sorted(names)
    return sorted(names)


def _dot() -> Answer:
    path = find_program("dot")
    if path is None:
        return None
    done = subprocess.run([path, "-V"], capture_output=True, text=True, timeout=_DOT_SECONDS, check=False)
    return (done.stderr or done.stdout).strip().removeprefix("dot - graphviz version "), path, ()
