"""Which outside tools are here, which version, what each would add, and how to get it."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata

from flat_plugin.energy.accelergy import GET_ACCELERGY
from flat_plugin.energy.accelergy_config import plug_ins
from flat_plugin.energy.hwcomponents import HwcomponentsEstimator, how_to_get, hwcomponents_python
from flat_plugin.extras import install_command
from flat_plugin.programs.find import (
    described,
    find_program,
    python_package,
    pytimeloop_python,
    script_python,
)

_IMAGE = "the Docker image timeloopaccelergy/timeloop-accelergy-pytorch has it"
TIMELOOP = f"{_IMAGE}; or build https://github.com/NVlabs/timeloop and put its bin folder on PATH"
PYTIMELOOP = (
    f"{_IMAGE}; or build https://github.com/Accelergy-Project/timeloop-python, "
    "and name its Python in FLAT_PYTIMELOOP_PYTHON if it is not ours"
)
_REPORT, _CLUSTER = install_command("report"), install_command("cluster")
_DOT_SECONDS = 10
_OURS = "flat-plugin"  # the name of our folder of plug-ins


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
    accelergy = "energy and area by Accelergy and its plug-ins: --estimator accelergy"
    yield "accelergy", _accelergy, accelergy, GET_ACCELERGY
    for name, adds in (
        ("hwcomponents", "energy and area from PyPI: --estimator hwcomponents (Python 3.12 or later)"),
        ("hwcomponents-cacti", "memories for hwcomponents"),
        ("hwcomponents-library", "arithmetic for hwcomponents"),
        ("hwcomponents-neurosim", "what hwcomponents-library 1.0.58 needs but does not install"),
    ):
        yield name, lambda name=name: _hwcomponents(name), adds, how_to_get()  # type: ignore[misc]
    for name, adds, get in (
        ("accelforge", "a second model to compare with (Python 3.12 or later)", "pip install accelforge"),
        ("distributed", "batches on a Dask cluster: flat run --cluster tcp://…", _CLUSTER),
        ("dask-jobqueue", "batches on a Slurm cluster: flat run --cluster slurm", _CLUSTER),
        ("altair", "charts: .plot() in Python, flat report --figures", _REPORT),
        ("vl-convert-python", "these charts as PNG, SVG and PDF", _REPORT),
        ("pyarrow", "runs as a Parquet file: flat report --parquet", _REPORT),
    ):
        yield name, lambda name=name: _package(name), adds, get  # type: ignore[misc]
    yield (
        "dot",
        _dot,
        "Graphviz, which AccelForge draws with",
        "https://graphviz.org/download, or apt install graphviz",
    )


def _python() -> Answer:
    return platform.python_version(), sys.executable, ()


def _program(name: str) -> Answer:
    path = find_program(name)
    if path is None:
        return None
    checksum = described(path).rpartition("sha256 ")[2].rstrip(")")
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
    python = script_python(path)
    version = python_package(python, "accelergy") if python else None
    details = plug_ins(path)
    if f"plug-in {_OURS}" not in details:
        details = (*details, "not our plug-in: `flat energy` hands it over, Accelergy alone does not find it")
    return version or "", path, details


def _hwcomponents(name: str) -> Answer:
    python = hwcomponents_python()
    version = python_package(python, name) if python else None
    if python is None or version is None:
        return None
    return version, python, HwcomponentsEstimator().troubles() if name == "hwcomponents" else ()


def _dot() -> Answer:
    path = find_program("dot")
    if path is None:
        return None
    done = subprocess.run([path, "-V"], capture_output=True, text=True, timeout=_DOT_SECONDS, check=False)
    return (done.stderr or done.stdout).strip().removeprefix("dot - graphviz version "), path, ()
