"""Checks of an exploration that need its chips, made before anything is searched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flat_plugin.architecture import Architecture
from flat_plugin.energy import energy_for
from flat_plugin.errors import FlatError
from flat_plugin.exploration.chip_cost import Query
from flat_plugin.exploration.chips import Chips, Variant
from flat_plugin.exploration.design_file import Exploration
from flat_plugin.exploration.questions import asked_of
from flat_plugin.exploration.targets import Base, Settings


def check_areas(chips: Chips, asked: Exploration) -> None:
    """Raises: FlatError: an area is an objective or a budget, and nobody knows that of some part."""
    if "area" in asked.figures and chips.without_area:
        names = ", ".join(chips.without_area)
        raise FlatError(
            f"no area is known for {names}",
            path="exploration.area_um2",
            expected=f"µm² of one instance, such as area_um2: {{{chips.without_area[0]}: 1000}}",
        )


def check_read(base: Base, settings: Settings, place: Callable[[str], str], estimator: str) -> None:
    """Whether every attribute that is set is read by someone.

    Args:
        place: where a setting is written, by its target.

    Raises:
        FlatError: nothing reads one of them, and no energy is another for it.
    """
    for target, value in settings.items():
        if "." not in target:
            continue
        rest = {name: each for name, each in settings.items() if name != target}
        try:
            built, without = base.build(settings), base.build(rest)
        except FlatError:  # a value that is wrong is refused where it is used, one that is needed is read
            continue
        said = [note for note in built.notes if note not in without.notes]
        if said and built == without and _energies(built, estimator) == _energies(without, estimator):
            raise FlatError(said[0], path=place(target), value=value)


def _energies(architecture: Architecture, estimator: str) -> Any:
    """As somebody works them out, also of an architecture whose table is recorded."""
    named = replace(architecture, name=f"a variation of {architecture.name}")
    return energy_for(named, None, estimator).components


def check_settings(chips: Chips, asked: Exploration) -> None:
    """Raises: FlatError: an axis or a tie sets what nothing reads."""
    settings = next(iter(chips.space.settings(chips.space.codes[:, [0]])))

    def place(target: str) -> str:
        return f"exploration.{'axes' if target in asked.space.targets else 'set'}.{target}"

    check_read(asked.base, settings, place, asked.estimator)


def check_axes(chips: Chips) -> None:
    """Raises: FlatError: an axis whose values change no part of any chip, nor its clock, energies or area."""
    codes = chips.space.codes
    for number, axis in enumerate(chips.space.axes):
        if len(np.unique(codes[number])) > 1 and not _matters(chips, number):
            path = f"exploration.axes.{axis.name}"
            raise FlatError("its values change nothing", path=path, value=list(axis.values))


def _matters(chips: Chips, axis: int) -> bool:
    """Whether designs that differ in an axis alone have other parts, or another clock."""
    others = np.zeros(len(chips.space), dtype=np.int64)
    for n, each in enumerate(chips.space.axes):
        if n != axis:
            others = others * len(each.values) + chips.space.codes[n]
    _, alike = np.unique(others, return_inverse=True)
    kinds = [_numbered([_key(v) for v in part.variants])[part.of] for part in chips.parts]
    clocks = _numbered([repr((f.cycle_seconds, f.widths, f.constraints)) for f in chips.frames])
    if any(_differ(alike.reshape(-1), kind) for kind in (*kinds, clocks[chips.frame_of])):
        return True
    single = len(np.unique(alike)) == len(chips.space)  # conditions tie the axis to others
    return single and any(len(np.unique(kind)) > 1 for kind in kinds)


def _differ(alike: NDArray[np.int64], kinds: NDArray[np.int64]) -> bool:
    """Whether designs of one number of ``alike`` have several kinds."""
    least = np.full(int(alike.max()) + 1, np.iinfo(np.int64).max)
    most = np.full(int(alike.max()) + 1, -1)
    np.minimum.at(least, alike, kinds)
    np.maximum.at(most, alike, kinds)
    return bool((least < most).any())


def _numbered(keys: Sequence[Any]) -> NDArray[np.int64]:
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _key(variant: Variant) -> Any:
    """All that decides a figure: the part but for what its file says of it, its energies and its area."""
    return replace(variant.part, attributes={}), tuple(variant.energy.actions.items()), variant.area_um2


def check_workloads(chips: Chips, asked: Exploration) -> None:
    """Raises: FlatError: a dataflow does not know a workload: a mask, widths, K and V in one."""
    first = [int(np.flatnonzero(chips.frame_of == n)[0]) for n in range(len(chips.frames))]
    for number, case in enumerate(asked.cases):
        for family, flow in enumerate(asked.dataflows):
            for design in first:
                try:
                    mode = asked_of(asked, number, family).whole[0]
                    _check(Query(case, chips.platform(design), flow, mode, asked.softmax))
                except FlatError as error:
                    path = f"exploration.workloads[{number}]" + (f".{error.path}" if error.path else "")
                    raise FlatError(
                        error.message, path=path, value=error.value, expected=error.expected
                    ) from None


def _check(query: Query) -> None:
    query.case.on(query.platform.architecture)
    query.question()
