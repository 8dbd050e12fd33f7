"""User input, turned into the values that the functions take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from flat_plugin import defaults
from flat_plugin.architecture import Architecture, EnergyTable, Platform, find_architecture
from flat_plugin.architecture.dummies import without_dummies
from flat_plugin.architecture.overrides import overridden
from flat_plugin.arguments import checked
from flat_plugin.documents import Source
from flat_plugin.energy import ESTIMATORS, energy_for
from flat_plugin.errors import FlatError, check_choice
from flat_plugin.mapping.dataflow import Dataflow, said_factors
from flat_plugin.mapping.named import parse_dataflow


@checked
def platform(
    architecture: Architecture | str | Path = defaults.ARCHITECTURE,
    *,
    set: Mapping[str, object] | None = None,
    ert: Source | EnergyTable | None = None,
    estimator: str = defaults.ESTIMATOR,
) -> Platform:
    """An architecture with its energies, found once; it goes wherever an architecture does.

    Args:
        architecture: an architecture, a preset's name or a v0.4 file.
        set: changes to it, such as ``{"buffer_kb": 1024}``.
        ert: a table of energies or its file; the estimator's if not given.
        estimator: as for :func:`estimate`.

    Raises:
        FlatError: bad input.
        ProgramError: the estimator asked for is not installed, or failed.
    """
    return platform_of(architecture, set, ert, estimator)


def platform_of(
    architecture: Platform | Architecture | str | Path,
    set: Mapping[str, object] | None = None,
    ert: Source | EnergyTable | None = None,
    estimator: str = defaults.ESTIMATOR,
) -> Platform:
    """A platform as it is; or an architecture, with what is changed of it and the energies of its actions.

    Raises:
        FlatError: bad input, or a change or energies beside a platform, which has its own.
        ProgramError: the estimator asked for is not installed, or failed.
    """
    if isinstance(architecture, Platform):
        given = {"set": set or None, "ert": ert, "estimator": estimator}
        for name, value in given.items():
            if value not in (None, defaults.ESTIMATOR):
                raise FlatError("the platform has its own", path=name, value=value, expected=f"no {name}")
        return architecture
    check_choice("estimator", estimator, ESTIMATORS)
    hardware = hardware_of(architecture, set)
    return Platform(hardware, energy_for(hardware, ert, estimator))


def hardware_of(
    architecture: Architecture | str | Path, set: Mapping[str, object] | None = None
) -> Architecture:
    """An architecture, or the one that a preset's name or a file stands for; with what is changed of it.

    Raises:
        FlatError: it is not there or is wrong, or a change is unknown or cannot be made.
    """
    given = architecture
    found = without_dummies(given) if isinstance(given, Architecture) else find_architecture(given)
    return changed(found, set) if set else found


def changed(architecture: Architecture, set: Mapping[str, object]) -> Architecture:
    """An architecture with these figures changed.

    Raises:
        FlatError: a change is unknown, or cannot be made.
    """
    try:
        return overridden(architecture, set)
    except FlatError as error:
        path = f"set.{error.path}" if error.path else "set"
        raise FlatError(error.message, path=path, value=error.value, expected=error.expected) from None


def factors_beside(flows: Iterable[str | None]) -> dict[str | None, str]:
    """The factors of dataflows that are searched and say none, if others among these say some."""
    known = {flow: parse_dataflow(flow) for flow in flows if flow is not None}
    said = said_factors(known.values())
    return {name: said[0] for name, flow in known.items() if flow.open} if said else {}


def is_searched(dataflow: Dataflow | str | None) -> bool:
    """Whether a dataflow is the best of many mappings. False for an unknown one: others report that."""
    return any(each.searched for each in _known(dataflow))


def _known(dataflow: Dataflow | str | None) -> list[Dataflow]:
    """The dataflow, if it is one."""
    if dataflow is None or isinstance(dataflow, Dataflow):
        return [dataflow] if dataflow else []
    try:
        return [parse_dataflow(dataflow)]
    except FlatError:
        return []
