"""The hardware of every design: its parts, energies, areas and leakage, each worked out once.

A part of a chip (a memory, the compute units, the softmax unit) depends on few axes. Each of its variants is
built, and its energies asked for, once: as a part of the first design that has it. Designs are put together
from variants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flat_plugin.architecture import Architecture, ComponentEnergy, EnergyTable
from flat_plugin.architecture.platform import Platform
from flat_plugin.energy import energy_for
from flat_plugin.errors import FlatError
from flat_plugin.exploration.power import leak_watts, peak_watts
from flat_plugin.exploration.space import Space, Tie
from flat_plugin.exploration.targets import Base, parts_of, with_parts

Array = NDArray[np.float64]
UM2_IN_MM2 = 1e-6
MOST_UM2 = 1e12  # of one instance: a square metre


@dataclass(frozen=True)
class Variant:
    """A part as some designs have it, its energies, and µm² of all its instances (None: not known)."""

    part: Any
    energy: ComponentEnergy
    area_um2: float | None
    leak_watts: float
    peak_watts: float


@dataclass(frozen=True)
class Part:
    """The variants of a part, and which of them each design has ([designs])."""

    name: str
    variants: tuple[Variant, ...]
    of: NDArray[np.int64]

    def column(self, values: Sequence[float]) -> Array:
        """A figure of the variants, for every design."""
        return np.array(values, dtype=float)[self.of]


def _check_named(areas: Mapping[str, Tie], architecture: Architecture) -> None:
    """Raises: FlatError: an area is given of what is no component."""
    names = [part.name for part in parts_of(architecture)]
    for name in areas:
        if name not in names:
            raise FlatError("no such component", path="exploration.area_um2", value=name, expected=names)


def _positive(tie: Tie, value: Any) -> float:
    """µm² of an instance.

    Raises:
        FlatError: not a number above 0.
    """
    if not isinstance(value, int | float) or not 0 < value < MOST_UM2:
        path = f"exploration.area_um2.{tie.target}"
        raise FlatError("bad area", path=path, value=value, expected="µm² of one instance, above 0")
    return float(value)


class Chips:
    """The chips of a space.

    Args:
        areas: µm² of one instance of a part, where the design file says it.
        scales: what the energies of a part are multiplied by; its area under ``area NAME``.

    Raises:
        FlatError: a design cannot be built, or its energies are not known; the message says which.
    """

    def __init__(
        self,
        base: Base,
        space: Space,
        estimator: str = "auto",
        areas: Sequence[Tie] = (),
        scales: Mapping[str, float] | None = None,
    ) -> None:
        self.base, self.space, self.estimator = base, space, estimator
        self._areas = {tie.target: tie for tie in areas}
        self._scales = scales or {}
        self._built: dict[int, tuple[Architecture, EnergyTable]] = {}
        first = self.build(0)[0]
        _check_named(self._areas, first)
        self.names = tuple(part.name for part in parts_of(first))
        self.axes_of_parts = {name: self._axes_of(name, first) for name in self.names}
        self.parts = tuple(self._part(index, name) for index, name in enumerate(self.names))
        self.frames, self.frame_of = self._frames(first)
        self._built.clear()

    def _axes_of(self, name: str, architecture: Architecture) -> frozenset[int]:
        axes = frozenset[int]()
        for target in self.space.all_targets:
            if name in self.base.affected(target, architecture):
                axes |= self.space.axes_of(target)
        if name in self._areas:
            used = self._areas[name].names
            axes |= {i for i, axis in enumerate(self.space.axes) if axis.name in used}
        return axes

    def _distinct(self, axes: frozenset[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(the first design of every combination of these axes, which combination each design has)."""
        codes, key = self.space.codes, np.zeros(len(self.space), dtype=np.int64)
        for axis in sorted(axes):
            key = key * len(self.space.axes[axis].values) + codes[axis]
        _, first, which = np.unique(key, return_index=True, return_inverse=True)
        return first, which.reshape(-1)

    def _part(self, index: int, name: str) -> Part:
        first, which = self._distinct(self.axes_of_parts[name])
        return Part(name, tuple(self._variant(index, int(design)) for design in first), which)

    def _variant(self, index: int, design: int) -> Variant:
        architecture, energies = self.build(design)
        part = parts_of(architecture)[index]
        energy = energies.components[part.name]
        scale = self._scales.get(part.name, 1.0)
        if scale != 1.0:
            energy = replace(energy, actions={name: each * scale for name, each in energy.actions.items()})
        area = energy.area_um2
        if part.name in self._areas:
            names = self.space.names(self.space.codes[:, [design]])
            area = _positive(self._areas[part.name], self._areas[part.name].values(names, 1)[0])
        area = None if area is None else area * part.instances * self._scales.get(f"area {part.name}", 1.0)
        leak = leak_watts(part, energy, architecture.cycle_seconds)
        return Variant(part, energy, area, leak, peak_watts(part, energy, architecture))

    def _frames(self, first: Architecture) -> tuple[tuple[Architecture, ...], NDArray[np.int64]]:
        """What of an architecture is no part, such as its clock: by what changes all parts."""
        every = frozenset(self.names)
        targets = [t for t in self.space.all_targets if self.base.affected(t, first) == every]
        axes = frozenset[int]().union(*map(self.space.axes_of, targets))
        designs, which = self._distinct(axes)
        return tuple(self.build(int(design))[0] for design in designs), which

    def build(self, design: int) -> tuple[Architecture, EnergyTable]:
        """A design from its document, and who answers for its energies."""
        if design not in self._built:
            try:
                settings = next(iter(self.space.settings(self.space.codes[:, [design]])))
                architecture = self.base.build(settings)
                named = replace(architecture, name=f"a variation of {architecture.name}")
                energies = energy_for(named, None, self.estimator).need("an exploration")
            except FlatError as error:
                label = self.space.label(design)
                said = f"{error.message} (design: {label})" if label else error.message
                raise FlatError(said, file=error.file, path=error.path,
                                value=error.value, expected=error.expected) from None  # fmt: skip
            if len(self._built) > 1000:
                self._built.clear()
            self._built[design] = architecture, energies
        return self._built[design]

    def architecture(self, design: int) -> Architecture:
        parts = [each.part for each in self.variants(design).values()]
        return with_parts(self.frames[self.frame_of[design]], parts)

    def platform(self, design: int) -> Platform:
        """A design's architecture and energies."""
        label = self.space.label(design)
        components = {name: each.energy for name, each in self.variants(design).items()}
        architecture = self.architecture(design)
        name = f"{architecture.name}, {label}" if label else architecture.name
        return Platform(replace(architecture, name=name), EnergyTable(components, self.source))

    @property
    def source(self) -> str:
        """Who answered, by part."""
        who = {
            part.name: ", ".join(dict.fromkeys(v.energy.estimator for v in part.variants))
            for part in self.parts
        }
        return "; ".join(f"{name}: {said or 'a table'}" for name, said in who.items())

    @property
    def without_area(self) -> tuple[str, ...]:
        """Parts whose area nobody knows, in some design."""
        return tuple(p.name for p in self.parts if any(v.area_um2 is None for v in p.variants))

    @cached_property
    def area_mm2(self) -> Array:
        """[designs]; not a number where a part's is not known."""
        areas = [
            p.column([np.nan if v.area_um2 is None else v.area_um2 * UM2_IN_MM2 for v in p.variants])
            for p in self.parts
        ]
        return np.sum(areas, axis=0)

    @cached_property
    def leak_watts(self) -> Array:
        """[designs]: of all instances of all parts, whether they are used or not."""
        return np.sum([p.column([v.leak_watts for v in p.variants]) for p in self.parts], axis=0)

    @cached_property
    def peak_watts(self) -> Array:
        """[designs]: every part at its full rate, and leakage."""
        peaks = [p.column([v.peak_watts for v in p.variants]) for p in self.parts]
        return np.sum(peaks, axis=0) + self.leak_watts

    def variants(self, design: int) -> dict[str, Variant]:
        """The parts of a design by name."""
        return {part.name: part.variants[part.of[design]] for part in self.parts}
