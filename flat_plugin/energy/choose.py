"""Chooses the estimator for an architecture; nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.given_energy import given_energy
from flat_plugin.architecture.hardware import Architecture, SoftmaxUnit, TopkUnit
from flat_plugin.architecture.presets import find_architecture, list_architectures, preset_path
from flat_plugin.documents import Source, file_of
from flat_plugin.energy.estimator import Estimator
from flat_plugin.energy.recorded import RecordedEstimator
from flat_plugin.energy.softmax import softmax_energy
from flat_plugin.energy.tables import component_names, read_art, read_ert, refuse_networks, with_areas
from flat_plugin.energy.topk import with_topk
from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramMissing
from flat_plugin.programs.limits import ESTIMATOR_SECONDS
from flat_plugin.programs.process import check_time_limit

Made = Callable[[Path | None, float], Estimator]  # of a folder for runs that are kept, and seconds


# The outside programs' own modules are imported where one is asked: most runs need none.
def _accelergy(folder: Path | None, seconds: float) -> Estimator:
    from flat_plugin.energy.accelergy import AccelergyEstimator

    return AccelergyEstimator(folder=folder, time_limit=seconds)


def _hwcomponents(folder: Path | None, seconds: float) -> Estimator:
    from flat_plugin.energy.hwcomponents import HwcomponentsEstimator

    return HwcomponentsEstimator(time_limit=seconds)


# Name -> how the estimator is made, in the order in which ``auto`` asks those that are here. All others ask
# :func:`find_estimator`.
REGISTRY: dict[str, Made] = {
    "accelergy": _accelergy,
    "hwcomponents": _hwcomponents,
    "recorded": lambda folder, seconds: RecordedEstimator(),
}
ESTIMATORS = ("auto", *REGISTRY)
_ALWAYS_HERE = "recorded"


def energy_for(
    architecture: Architecture,
    ert: Source | EnergyTable | None = None,
    estimator: str = "auto",
    *,
    time_limit: float = ESTIMATOR_SECONDS,
) -> EnergyTable:
    """The energy table of an architecture.

    Energies that stand in the architecture win over an estimator's, component by component.

    Args:
        ert: a table (or its file) of the user's. It wins over all; what it lacks is taken from the
            architecture, and of a softmax unit from the arithmetic of our plug-in.
        estimator: ``accelergy``, ``hwcomponents`` or ``recorded``; ``auto`` takes the table that
            ships with this very preset, else the first that has an answer of Accelergy and
            hwcomponents, where they are installed, and of what is recorded; a table that is not known
            where none of them has.
        time_limit: seconds for each of Accelergy and hwcomponents.

    Raises:
        ProgramError: the estimator asked for is not installed, or failed.
        FlatError: the estimator asked for has no answer, the ERT lacks a component, or a bad time limit.
    """
    check_time_limit(time_limit)
    table = _energy_for(replace(architecture, topk=None), ert, estimator, time_limit)
    return with_topk(table, architecture)


def _energy_for(
    architecture: Architecture, ert: Source | EnergyTable | None, estimator: str, time_limit: float
) -> EnergyTable:
    """The table without the top-k unit, which no estimator knows."""
    if isinstance(ert, EnergyTable) and not ert.known:
        return ert
    if ert is not None:
        table = ert if isinstance(ert, EnergyTable) else read_ert(ert)
        return _complete(table, architecture, None if isinstance(ert, EnergyTable) else file_of(ert))
    if estimator != "auto":
        found = find_estimator(estimator, time_limit=time_limit)
        return with_given(found.estimate(architecture), architecture)
    return preset_table(architecture) or _given(architecture) or _first_answer(architecture, time_limit)


def find_estimator(
    name: str, *, folder: Path | None = None, time_limit: float = ESTIMATOR_SECONDS
) -> Estimator:
    """An estimator by name.

    Args:
        folder: where Accelergy's run is kept; nowhere if not given.
        time_limit: seconds for Accelergy or hwcomponents.

    Raises:
        ProgramMissing: it is not installed; the message says how to get it.
        FlatError: no estimator of this name, or a bad time limit.
    """
    check_time_limit(time_limit)
    if name not in REGISTRY:
        raise FlatError("unknown estimator", path="estimator", value=name, expected=tuple(REGISTRY))
    return REGISTRY[name](folder, time_limit)


def installed_estimators(time_limit: float = ESTIMATOR_SECONDS) -> Iterator[Estimator]:
    """Those of outside programs that are here, with this many seconds each."""
    for name in (name for name in REGISTRY if name != _ALWAYS_HERE):
        try:
            yield find_estimator(name, time_limit=time_limit)
        except ProgramMissing:
            continue


def preset_table(architecture: Architecture) -> EnergyTable | None:
    """The ERT and ART beside a preset; None for any architecture that is not exactly it."""
    if architecture.name not in list_architectures():
        return None
    if not _same_hardware(architecture, find_architecture(architecture.name)):
        return None
    folder = preset_path(architecture.name)
    if not (folder / "ERT.yaml").exists():
        return None
    table = read_ert(folder / "ERT.yaml")
    if (folder / "ART.yaml").exists():
        table = with_areas(table, read_art(folder / "ART.yaml"))
    return table


def _first_answer(architecture: Architecture, time_limit: float) -> EnergyTable:
    reasons = []
    for estimator in (*installed_estimators(time_limit), find_estimator(_ALWAYS_HERE)):
        try:
            return with_given(estimator.estimate(architecture), architecture)
        except FlatError as error:
            reasons.append(f"{estimator.name}: {_said(error)}")
    return EnergyTable(unknown="; ".join(reasons))


def _said(error: FlatError) -> str:
    """What is wrong, each reason once: ``L1, L2: nothing is recorded at 4 nm``."""
    whose: dict[str, list[str]] = {}
    for each in getattr(error, "errors", (error,)):
        name, colon, reason = each.message.partition(": ")
        whose.setdefault(reason if colon else name, []).append(name if colon else "")
    return ", ".join(
        f"{', '.join(names)}: {reason}" if any(names) else reason for reason, names in whose.items()
    )


def with_given(table: EnergyTable, architecture: Architecture) -> EnergyTable:
    """The table with what stands in the architecture of its memories and compute units in place."""
    found = ((part.name, given_energy(part)) for part in architecture.parts)
    given = {name: energy for name, energy in found if energy is not None}
    return replace(table, components={**table.components, **given}) if given else table


_ITSELF = "the architecture file"


def _given(architecture: Architecture) -> EnergyTable | None:
    """The table, where every energy stands in the architecture and nobody need be asked."""
    table = with_given(EnergyTable(source=_ITSELF), architecture)
    unit = architecture.softmax
    if len(table.components) < len(architecture.parts) or (unit and unit.energy_pj <= 0):
        return None
    return table if unit is None else _complete(table, architecture, None)


def _strangers(table: EnergyTable, architecture: Architecture) -> tuple[str, ...]:
    """Components that cost something in the table and are none of the architecture's; a softmax unit apart,
    which Timeloop's architectures lack."""
    known = {*component_names(architecture), SoftmaxUnit.name, TopkUnit.name}
    return tuple(
        name for name, entry in table.components.items() if name not in known and any(entry.actions.values())
    )


def _same_hardware(one: Architecture, two: Architecture) -> bool:
    """Equal including the attributes, which set the energy but not the mapping."""
    attributes = [[part.attributes for part in (*each.parts, each.softmax) if part] for each in (one, two)]
    return one == two and attributes[0] == attributes[1]


def _complete(table: EnergyTable, architecture: Architecture, file: Path | None) -> EnergyTable:
    unit = architecture.softmax
    refuse_networks(table, file)
    own = table.components
    table = with_given(table, architecture)
    table = replace(table, components={**table.components, **own})
    passed = {memory.name for memory in architecture.memories if memory.holds_nothing}
    wanted = [name for name in component_names(replace(architecture, softmax=None)) if name not in passed]
    missing = [name for name in wanted if name not in table.components]
    table = replace(table, strangers=_strangers(table, architecture))
    if missing:
        raise FlatError(
            f"no energy for {', '.join(missing)}",
            file=file,
            value=sorted(table.components),
            expected="every component of the architecture",
        )
    if unit is None or unit.name in table.components:
        return table
    found = softmax_energy(unit, architecture)
    source = table.source
    if own and found.estimator and source != _ITSELF:  # a table that lacks the unit, or names it otherwise
        by = "" if found.estimator.startswith("given") else "by "
        source = f"{source}, {unit.name}, which it lacks, {by}{found.estimator}"
    return replace(table, components={**table.components, unit.name: found}, source=source)
